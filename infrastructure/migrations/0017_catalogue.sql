-- The entries of all catalogues: departments, buildings, categories, teams, organizations and tags.
create table read.catalogue (
  id         uuid        not null,
  kind       text        not null,
  code       text        not null,
  name       text        not null,
  is_active  boolean     not null,
  is_removed boolean     not null, -- its code is free again
  details    text        not null, -- as JSON: what else the event said
  version    integer     not null,
  position   bigint      not null, -- of its newest event
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint catalogue_id primary key (id)
);
create index catalogue_code on read.catalogue (kind, code);

insert into read.checkpoints (model) values ('catalogue');
grant select, insert, update, delete on read.catalogue to ledgerdesk_app;
