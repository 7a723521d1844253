package document_test

// paper is a PDF of one page.
var paper = []byte{}
