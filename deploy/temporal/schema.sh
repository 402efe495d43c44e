#!/bin/sh
# Makes or upgrades the schemas of both Temporal databases. Safe to run again: each step leaves alone what is there.
# The visibility schema comes first, because a newer server refuses to start on an older one.
# Reads SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD, as temporal-sql-tool does.
set -eu

schemas=${SCHEMA_DIR:-/etc/temporal/schema/postgresql/v12}

prepare() {
  temporal-sql-tool --database "$1" create-database
  temporal-sql-tool --database "$1" setup-schema --version 0.0
  temporal-sql-tool --database "$1" update-schema --schema-dir "$schemas/$2/versioned"
}

prepare temporal_visibility visibility
prepare temporal temporal
