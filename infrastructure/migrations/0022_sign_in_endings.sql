-- How often all sign-ins of somebody were ended: a sign-in that began to be looked at before, and would come to be after, is none.
create table desk.sign_in_endings (
  user_id uuid   not null primary key,
  ended   bigint not null
);
grant select, insert, update, delete on desk.sign_in_endings to ledgerdesk_app;
