-- What a notice is told apart by besides its labels. The domain is a well-known provider's or 'other': one that few use
-- says who somebody is.
ALTER TABLE messages ADD COLUMN language text CHECK (language IN ('ja', 'en')), ADD COLUMN mail_domain text;
ALTER TABLE links ADD COLUMN language text CHECK (language IN ('ja', 'en')), ADD COLUMN mail_domain text;
