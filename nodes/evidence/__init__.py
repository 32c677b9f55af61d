"""What tools promise, what results are worth, and who is to blame: pure functions over descriptions and logs."""
