-- What administrators set, by name: settings and feature flags that were ever changed. The defaults of the rest are
-- in the program.
create table read.settings (
  name       text        not null,
  is_flag    boolean     not null,
  value      text        not null, -- as JSON
  actor_kind text        not null,
  actor      uuid,                 -- who changed it last; none for the desk itself
  changed_at timestamptz not null,
  version    integer     not null, -- of the stream of all settings
  constraint settings_name primary key (name)
);

insert into read.checkpoints (model) values ('settings');
grant select, insert, update, delete on read.settings to ledgerdesk_app;
