"""The database: engine, schema, views, migrations, bulk paths."""
