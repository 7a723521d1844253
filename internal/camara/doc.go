// Package camara is the wire form that all CAMARA APIs share: the error body and its codes, and the rules of the x-correlator
// header and of undeclared members (Commonalities 0.6 and 0.8). The faces of the modules stand on it; it knows no API.
package camara
