PRAGMA application_id = 1229869904;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE events (
	number INTEGER NOT NULL, 
	happened_at TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	recipe TEXT, 
	detail TEXT NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "events" VALUES(1,'2025-03-01T12:00:00.000000+00:00','promoted','cap','{"model": "v1-0123abcd"}');
CREATE TABLE examples (
	recipe TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	defect_class TEXT NOT NULL, 
	part TEXT NOT NULL, 
	lot TEXT NOT NULL, 
	origin TEXT NOT NULL, 
	mask_digest TEXT, 
	source TEXT NOT NULL, 
	PRIMARY KEY (recipe, digest)
);
INSERT INTO "examples" VALUES('cap','ab','dent','L1/S1','L1','import',NULL,'a.png');
CREATE TABLE golden (
	recipe TEXT NOT NULL, 
	part TEXT NOT NULL, 
	defect_class TEXT NOT NULL, 
	PRIMARY KEY (recipe, part)
);
INSERT INTO "golden" VALUES('cap','L1/S1','dent');
CREATE TABLE inspections (
	number INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	recipe TEXT NOT NULL, 
	recipe_id TEXT NOT NULL, 
	model_id TEXT NOT NULL, 
	station TEXT NOT NULL, 
	serial TEXT NOT NULL, 
	lot TEXT NOT NULL, 
	part_number TEXT NOT NULL, 
	frame_digest TEXT NOT NULL, 
	frame_status TEXT NOT NULL, 
	picture_kept BOOLEAN NOT NULL, 
	fitness TEXT, 
	scores TEXT, 
	decision TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	defect_class TEXT, 
	score FLOAT, 
	"limit" FLOAT, 
	inspected_at TEXT NOT NULL, 
	"trigger" INTEGER NOT NULL, 
	trigger_ns INTEGER NOT NULL, 
	frame_ns INTEGER NOT NULL, 
	verdict_ns INTEGER NOT NULL, 
	seal TEXT NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (id)
);
INSERT INTO "inspections" VALUES(1,'first','cap','cap@0123456789ab','v1-0123abcd','line-3','S000000','L7','4711','464fb8b808e3b59b8134fd11be789f3661b2e597ab468d136f5179534d50ecec','ok',0,'{"brightness": 120.5, "dark": 0.01, "bright": 0.02, "contrast": 33.0, "focus": 0.4}','{"model_id": "v1-0123abcd", "classes": ["good", "crack", "dent"], "logits": [0.25, 1.5, -3.0], "defect": 1.26, "leading_defect": "crack"}','ng','above_reject_limit','crack',1.26,0.5,'2025-03-01T12:00:00.000000+00:00',0,1000000000,2000000000,3000000000,'bd0625eac83a2ec2d707cdb481f3c6d548e49710ac407d610a67c2ae39ca38fb');
INSERT INTO "inspections" VALUES(2,'second','cap','cap@0123456789ab','v1-0123abcd','line-3','S000001','L7','4711','f98d29fd638662f31142910d6fd6507e4aa4d8526395540209031b5beeed1e39','ok',0,'{"brightness": 120.5, "dark": 0.01, "bright": 0.02, "contrast": 33.0, "focus": 0.4}','{"model_id": "v1-0123abcd", "classes": ["good", "crack", "dent"], "logits": [0.25, 1.5, -3.0], "defect": 1.26, "leading_defect": "crack"}','ng','above_reject_limit','crack',1.26,0.5,'2025-03-01T12:00:00.000000+00:00',1,1000000000,2000000000,3000000000,'99e03d6f18fac619e100e9e18a6de36c07862940619f4d03e6e06441d1776095');
INSERT INTO "inspections" VALUES(3,'third','cap','cap@0123456789ab','v1-0123abcd','line-3','S000002','L7','4711','7cda2091ab3dcc4a672f11e95371894510947b5a5a69f6d617692b68183821eb','ok',0,'{"brightness": 120.5, "dark": 0.01, "bright": 0.02, "contrast": 33.0, "focus": 0.4}','{"model_id": "v1-0123abcd", "classes": ["good", "crack", "dent"], "logits": [0.25, 1.5, -3.0], "defect": 1.26, "leading_defect": "crack"}','ng','above_reject_limit','crack',1.26,0.5,'2025-03-01T12:00:00.000000+00:00',2,1000000000,2000000000,3000000000,'1b842e5af4ec2b564189f689ed312b397e721c663c4660f06c8c7fd48f23af92');
CREATE TABLE labels (
	number INTEGER NOT NULL, 
	inspection_id TEXT NOT NULL, 
	who TEXT NOT NULL, 
	labelled_at TEXT NOT NULL, 
	defect_class TEXT NOT NULL, 
	regions TEXT NOT NULL, 
	note TEXT NOT NULL, 
	PRIMARY KEY (number), 
	FOREIGN KEY(inspection_id) REFERENCES inspections (id)
);
INSERT INTO "labels" VALUES(1,'second','mia','2025-03-01T12:00:00.000000+00:00','dent','[[1, 2, 3, 4]]','by eye');
CREATE INDEX inspections_by_recipe ON inspections (recipe);
CREATE INDEX inspections_by_decision ON inspections (recipe, decision, number);
CREATE INDEX inspections_by_time ON inspections (inspected_at);
CREATE INDEX inspections_by_serial ON inspections (serial);
CREATE INDEX labels_by_inspection ON labels (inspection_id);
CREATE INDEX events_by_kind ON events (kind, recipe);
CREATE TRIGGER inspections_no_update BEFORE UPDATE ON inspections BEGIN SELECT RAISE(ABORT, 'inspections can only be appended to'); END;
CREATE TRIGGER inspections_no_delete BEFORE DELETE ON inspections BEGIN SELECT RAISE(ABORT, 'inspections can only be appended to'); END;
CREATE TRIGGER labels_no_update BEFORE UPDATE ON labels BEGIN SELECT RAISE(ABORT, 'labels can only be appended to'); END;
CREATE TRIGGER labels_no_delete BEFORE DELETE ON labels BEGIN SELECT RAISE(ABORT, 'labels can only be appended to'); END;
CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events can only be appended to'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events can only be appended to'); END;
CREATE TRIGGER golden_no_update BEFORE UPDATE ON golden BEGIN SELECT RAISE(ABORT, 'a golden part stays golden'); END;
CREATE TRIGGER golden_no_delete BEFORE DELETE ON golden BEGIN SELECT RAISE(ABORT, 'a golden part stays golden'); END;
COMMIT;
