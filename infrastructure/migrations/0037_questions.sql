-- What was asked of the desk itself, by self-serve and in chats, and whether an article answered.
create table read.questions (
  position    bigint      not null,
  chat        uuid        not null,
  asked_by    uuid, -- none for somebody who was not signed in
  asked_in    text        not null, -- self_serve or chatbot
  question    text        not null,
  is_answered boolean     not null,
  asked_at    timestamptz not null,
  constraint questions_position primary key (position)
);
create index questions_open on read.questions (asked_at desc) where not is_answered;

insert into read.checkpoints (model) values ('questions');
grant select, insert, update, delete on read.questions to ledgerdesk_app;
