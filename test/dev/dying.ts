// Stands in for a gateway that cannot start.
process.stderr.write("the settings are not right\n");
process.exit(3);
