// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.layout;

import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.store.ObjectKey;

/** The keys of one backup. Immutable. */
public record BackupKeys(ClusterName cluster, SystemIdentifier system, BackupId id) {
    public ObjectKey intent() {
        return key("catalog/" + id + "/intent.json");
    }

    /** Exists if and only if the backup does. */
    public ObjectKey backup() {
        return key("catalog/" + id + "/backup.json");
    }

    /** What {@code backup.json} will say, while the backup waits for its WAL; in its data, which no listing reads. */
    public ObjectKey waiting() {
        return new ObjectKey(data() + "waiting.json");
    }

    /** Exists if the backup existed and was removed. */
    public ObjectKey tombstone() {
        return new ObjectKey(incarnation().tombstones() + id + ".json");
    }

    public ObjectKey bundles() {
        return key("catalog/" + id + "/bundles");
    }

    public ObjectKey bundle(int number) {
        return new ObjectKey(data() + "bundle/" + IncarnationKeys.digits(number));
    }

    public ObjectKey manifestPart(int number) {
        return new ObjectKey(data() + "manifest/" + IncarnationKeys.digits(number));
    }

    /** A part of PostgreSQL's backup_manifest. */
    public ObjectKey postgresManifest(int number) {
        return new ObjectKey(data() + "backup_manifest/" + IncarnationKeys.digits(number));
    }

    /** What PostgreSQL read outside of its data directory. */
    public ObjectKey configuration() {
        return new ObjectKey(data() + "configuration");
    }

    public ObjectKey mark(int number) {
        return new ObjectKey(marks() + IncarnationKeys.digits(number) + ".json");
    }

    /** What its bundles and manifests begin with. Ends with a slash. */
    public String data() {
        return incarnation().backups() + id + "/";
    }

    /** Its folder in the catalog. Ends with a slash. */
    public String documents() {
        return incarnation().catalog() + id + "/";
    }

    /** Ends with a slash. */
    public String marks() {
        return incarnation().marks() + id + "/";
    }

    /** How the headers of bundles and manifest parts name their object. */
    public String numbered(int number) {
        return id + "/" + IncarnationKeys.digits(number);
    }

    public IncarnationKeys incarnation() {
        return new IncarnationKeys(cluster, system);
    }

    private ObjectKey key(String rest) {
        return incarnation().key(rest);
    }
}
