-- What a company wrote behind its static link, so that its templates can be told apart: /c/{slug}/{job}/{stage}.
ALTER TABLE clicks ADD COLUMN job text;
ALTER TABLE clicks ADD COLUMN stage text;
