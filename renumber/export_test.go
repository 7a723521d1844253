package renumber

// CamaraFace is the face of the CAMARA API, for the test of its codes.
var CamaraFace = camaraFace
