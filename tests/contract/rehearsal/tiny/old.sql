CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('r0');
CREATE TABLE owners (id VARCHAR(36) PRIMARY KEY, name VARCHAR(255) NOT NULL) CHARSET utf8mb3;
CREATE TABLE widgets (
  id VARCHAR(36) PRIMARY KEY,
  name VARCHAR(255),
  owner_id VARCHAR(36),
  size INT NOT NULL,
  colour ENUM('red','green'),
  active TINYINT(1) NOT NULL,
  note VARCHAR(255),
  state VARCHAR(16) NOT NULL DEFAULT 'new',
  weight INT
) CHARSET utf8mb3;
CREATE TABLE parts (
  id INT AUTO_INCREMENT PRIMARY KEY, widget_id VARCHAR(36) NOT NULL, label VARCHAR(255) NOT NULL, amount BIGINT
) CHARSET utf8mb3;
CREATE TABLE labels (id INT AUTO_INCREMENT PRIMARY KEY, word VARCHAR(64) NOT NULL) CHARSET utf8mb3;
CREATE TABLE vendor_leftovers (id INT PRIMARY KEY, what VARCHAR(10));
INSERT INTO owners VALUES ('o1', 'Ada'), ('o2', 'Grace');
INSERT INTO widgets VALUES
  ('w1', 'wheel', 'o1', 3, 'red', 1, 'round', 'new', NULL),
  ('w2', 'wheel', 'o2', 5, 'green', 0, NULL, 'used', 7);
INSERT INTO parts (widget_id, label, amount) VALUES ('w1', 'hub', 1), ('w1', 'rim', 5000000000);
INSERT INTO labels (word) VALUES ('fragile');
INSERT INTO vendor_leftovers VALUES (1, 'x');
