// UV
