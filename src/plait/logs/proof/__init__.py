"""The parts of `plait.logs.verify`: an output and its sources in, whose record each line is out."""
