-- Misuse: reports about people, and the jobs of the desk, of which looking for misuse is the first.

-- The reports as their events say: one of each person and day.
create table read.misuse_reports (
  id             uuid        not null,
  user_id        uuid        not null,
  detection_date text        not null, -- 2026-01-31
  source         text        not null, -- detection or confirmation
  misuse_type    text        not null,
  severity       text        not null,
  tickets        text        not null, -- `,<uuid>,<uuid>,`
  samples        text,       -- what some of them say, as a JSON array; opened
  patterns       text        not null, -- what was counted, as a JSON object
  reasoning      text        not null, -- opened
  model          text,
  confidence     integer     not null, -- in thousandths
  analyzed_at    timestamptz not null,
  is_reviewed    boolean     not null,
  reviewed_by    uuid,
  reviewed_at    timestamptz,
  action_taken   text,       -- opened
  version        integer     not null,
  position       bigint      not null, -- of the event that reported it
  created_at     timestamptz not null,
  updated_at     timestamptz not null,
  constraint misuse_reports_id primary key (id)
) with (fillfactor = 80);
create index misuse_reports_queue on read.misuse_reports (is_reviewed, position desc);
create index misuse_reports_user on read.misuse_reports (user_id, position);

insert into read.checkpoints (model) values ('misuse_reports');
grant select, insert, update, delete on read.misuse_reports to ledgerdesk_app;

-- The report that a notification is about. Nobody was told of one before.
alter table read.notifications add column report uuid;
drop schema if exists read_previous_notifications cascade;
delete from read.previous where model = 'notifications';

-- The jobs: who runs each, a lease as in read.checkpoints whose position does not move, and since when there is it.
create table desk.jobs (
  name        text        not null,
  since       timestamptz not null default now(), -- what was due before is nobody's to do
  position    bigint      not null default 0,
  lease_owner uuid,
  lease_token bigint      not null default 0,
  lease_until timestamptz not null default '-infinity',
  updated_at  timestamptz not null default now(),
  constraint jobs_name primary key (name)
) with (fillfactor = 50);

-- Runs of them: of a day, which every job has at most one of, or because somebody asked.
create table desk.job_runs (
  id           uuid        not null,
  job          text        not null,
  day          date,                 -- the day that it was due of; none if somebody asked for it
  for_day      date        not null, -- of which day what it finds is
  window_from  timestamptz not null, -- it looks at what happened from then on
  window_until timestamptz not null, -- and before then
  user_id      uuid,                 -- it looks at one person alone
  requested_by uuid,                 -- who asked for it
  state        text        not null default 'queued',
  queued_at    timestamptz not null default now(),
  began_at     timestamptz,
  ended_at     timestamptz,
  reached      uuid,                 -- everybody up to here is dealt with, in the order of their ids
  total        integer,              -- how many people there are to deal with
  done         integer     not null default 0,
  made         integer     not null default 0, -- reports
  failures     integer     not null default 0, -- people who could not be dealt with
  attempts     integer     not null default 0, -- how often it could not go on, since it last could
  constraint job_runs_id primary key (id),
  constraint job_runs_job foreign key (job) references desk.jobs (name),
  constraint job_runs_day unique (job, day),
  constraint job_runs_state check (state in ('queued', 'running', 'done', 'failed'))
) with (fillfactor = 80);
create index job_runs_waiting on desk.job_runs (job, queued_at, id) where state in ('queued', 'running');
create index job_runs_newest on desk.job_runs (job, queued_at desc);

grant select, insert, update, delete on desk.jobs, desk.job_runs to ledgerdesk_app;
