CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('r0');
CREATE TABLE depots (
  updated_at DATETIME,
  deleted_at DATETIME,
  deleted INT,
  id INT AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(64) NOT NULL,
  town VARCHAR(64),
  open TINYINT(1) NOT NULL,
  area DECIMAL(10,2),
  built DATETIME,
  `rank` INT,
  lane VARCHAR(16) NOT NULL DEFAULT 'left',
  papers TEXT,
  old_code VARCHAR(8)
) CHARSET utf8mb3 COLLATE utf8mb3_bin;
CREATE TABLE bays (
  id VARCHAR(36) PRIMARY KEY,
  depot_id INT NOT NULL,
  number INT NOT NULL,
  label VARCHAR(64) NOT NULL,
  kind ENUM('dry','cold','wet') NOT NULL,
  UNIQUE KEY once (depot_id, number),
  CONSTRAINT bay_of FOREIGN KEY (depot_id) REFERENCES depots (id) ON DELETE CASCADE
) CHARSET utf8mb3;
CREATE TABLE crates (
  id VARCHAR(36) PRIMARY KEY,
  bay_id VARCHAR(36),
  content TEXT,
  weight INT,
  state VARCHAR(16),
  sealed TINYINT(1),
  INDEX by_state (state)
) CHARSET utf8mb3;
CREATE TABLE `keys` (depot_id INT NOT NULL, holder VARCHAR(64) NOT NULL) CHARSET utf8mb3;
INSERT INTO depots (deleted_at, deleted, name, town, open, area, built, `rank`, papers) VALUES
  (NULL, 0, 'North', 'Ulm', 1, 12.50, '2020-01-02 03:04:05', 5, '{"a": 1}'),
  (NULL, 0, 'south', 'ulm', 0, 7.00, NULL, 9, '{}'),
  ('2021-01-01 00:00:00', 3, 'West', NULL, 0, NULL, NULL, 5, NULL);
INSERT INTO bays VALUES ('b1', 1, 1, 'gate', 'dry'), ('b2', 1, 2, 'back', 'cold'), ('b3', 2, 1, 'gate', 'dry');
INSERT INTO crates VALUES
  ('c1', 'b1', 'nails', 40, 'new', 1), ('c2', 'b1', 'tea', 300, 'used', 0), ('c3', NULL, NULL, NULL, NULL, NULL);
INSERT INTO `keys` VALUES (1, 'Ada'), (1, 'Ada'), (2, 'Grace');
