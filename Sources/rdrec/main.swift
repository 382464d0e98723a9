print("rdrec")
