// Vectors
