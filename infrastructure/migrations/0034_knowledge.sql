-- The knowledge base: articles, what readers say of them, how often they are read and quoted.

-- The articles as they are. Former versions are read from the log.
create table read.articles (
  id           uuid        not null,
  document_id  text        not null,
  title        text        not null,
  content      text        not null,
  category     text        not null,
  department   text,
  tags         text        not null, -- `,vpn,travel,`; `,` for none
  visibility   text        not null,
  status       text        not null,
  created_by   uuid, -- none for the desk itself
  updated_by   uuid, -- who made the newest version
  version      integer     not null,
  position     bigint      not null, -- of its newest event
  created_at   timestamptz not null,
  updated_at   timestamptz not null,
  published_at timestamptz,
  archived_at  timestamptz,
  -- What is searched: the title before the tags before the text.
  words        tsvector    not null generated always as (
    setweight(to_tsvector('english', title), 'A')
    || setweight(to_tsvector('english', replace(tags, ',', ' ')), 'B')
    || setweight(to_tsvector('english', content), 'D')) stored,
  constraint articles_id primary key (id)
);
create unique index articles_document on read.articles (document_id);
create index articles_words on read.articles using gin (words);
create index articles_position on read.articles (position);

-- What each reader said last of an article; the id is that of the stream of their votes.
create table read.article_votes (
  id       uuid        not null,
  article  uuid        not null,
  user_id  uuid        not null,
  helpful  boolean     not null,
  comment  text,
  voted_at timestamptz not null,
  position bigint      not null, -- of the vote
  constraint article_votes_id primary key (id)
);
create index article_votes_article on read.article_votes (article, position);
create index article_votes_user on read.article_votes (user_id);

-- How many found an article helpful, and how many did not.
create table read.article_vote_counts (
  article text   not null,
  helpful text   not null, -- true or false
  n       bigint not null,
  constraint article_vote_counts_cell primary key (article, helpful)
) with (fillfactor = 50);

-- How often an article was quoted to somebody.
create table read.article_uses (
  article      uuid        not null,
  uses         bigint      not null,
  last_used_at timestamptz not null,
  constraint article_uses_article primary key (article)
) with (fillfactor = 50);

insert into read.checkpoints (model) values ('articles');
grant select, insert, update, delete on read.articles, read.article_votes, read.article_vote_counts, read.article_uses
  to ledgerdesk_app;

-- How often an article was read. A look is no event: nothing is decided by it, and there are more of them than of all else.
-- So it is counted here, beside the log, by each node for some seconds at a time; what a node that dies had not written is lost.
create table desk.article_views (
  article uuid   not null,
  views   bigint not null,
  constraint article_views_article primary key (article)
) with (fillfactor = 50);
grant select, insert, update, delete on desk.article_views to ledgerdesk_app;
