"""What is filed about cameras, devices, takeovers and shifts: facts that policies and holds are judged by."""
