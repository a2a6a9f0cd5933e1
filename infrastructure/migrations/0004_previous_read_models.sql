-- The tables that a rebuild replaced are kept for a while, in schema read_previous_<model>, to be put back.

-- Which there are, and how far they had come. Dropped by the next rebuild, or a day after they were replaced.
create table read.previous (
  model       text        not null,
  position    bigint      not null,
  replaced_at timestamptz not null default now(),
  constraint previous_model primary key (model)
);
grant select on read.previous to ledgerdesk_app;
