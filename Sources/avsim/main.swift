print("avsim")
