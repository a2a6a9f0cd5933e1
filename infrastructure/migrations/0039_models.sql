-- Models that the desk trained itself, from what people said of its tickets. They follow from the log and can be trained again;
-- which of them is in use is a setting, and so an event.
create table desk.models (
  version      integer          not null,
  bytes        bytea            not null,
  trained_at   timestamptz      not null default now(),
  trained_by   uuid             not null,
  window_from  timestamptz      not null, -- it was trained from tickets filed from then on
  held_out_from timestamptz     not null, -- and before then; on those from then on
  window_until timestamptz      not null, -- until then it was measured
  examples     integer          not null,
  corrections  integer          not null, -- how many of them a person had put right
  held_out     integer          not null,
  accuracy     double precision not null, -- of it on those held out
  baseline     double precision not null, -- of the model that was in use, on the same
  confusion    jsonb            not null, -- the departments, and for each of them how often each was given
  constraint models_version primary key (version),
  constraint models_positive check (version > 0)
);
grant select, insert on desk.models to ledgerdesk_app;
