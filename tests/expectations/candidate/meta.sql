-- What the publication and its batches say of themselves.
create schema warehouse.meta;
create schema warehouse.ops;

create table warehouse.meta.publication as
select 'pub-2' as publication_id, date '2026-11-21' as as_of,
    timestamp '2026-11-20 23:00:00' as as_of_at, 'pub-1' as base_publication, 1 as schema_version;

create table warehouse.ops.batches as
select * from (values
    ('b1', 'till', 'orders', 'landed', 4, 3, 1, 0),
    ('b2', 'shop', 'orders', 'held', 3, 0, 3, 0)
) as t(batch_id, system, source, state, received, accepted, quarantined, erased);

create table warehouse.ops.model_runs as
select 'stg_orders' as model, 'success' as status, '{"rows": 6, "code": "4006381333931"}' as detail;

create table warehouse.meta.columns as
select schema_name as table_schema, table_name, column_name, 'none' as pii_class, 'x' as description
from duckdb_columns()
where database_name = 'warehouse' and schema_name in ('core', 'marts');
