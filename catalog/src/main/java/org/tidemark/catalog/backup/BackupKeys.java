// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.util.Locale;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.store.ObjectKey;

/** The keys of one backup (docs/design/repository-format.md, "Keys"). Immutable. */
public record BackupKeys(ClusterName cluster, SystemIdentifier system, BackupId id) {
    /** Six digits. */
    public static final int MAX_NUMBER = 999_999;

    static int checkNumber(int number) {
        if (number < 1 || number > MAX_NUMBER) {
            throw new IllegalArgumentException("not the number of an object: " + number);
        }
        return number;
    }

    public ObjectKey intent() {
        return key("catalog/" + id + "/intent.json");
    }

    /** Exists if and only if the backup does. */
    public ObjectKey backup() {
        return key("catalog/" + id + "/backup.json");
    }

    public ObjectKey bundles() {
        return key("catalog/" + id + "/bundles");
    }

    public ObjectKey bundle(int number) {
        return key("backup/" + id + "/bundle/" + digits(number));
    }

    public ObjectKey manifestPart(int number) {
        return key("backup/" + id + "/manifest/" + digits(number));
    }

    public ObjectKey postgresManifest() {
        return key("backup/" + id + "/backup_manifest");
    }

    public ObjectKey mark(int number) {
        return key("mark/" + id + "/" + digits(number) + ".json");
    }

    /** A mark of the WAL that no backup needs by itself. */
    public static ObjectKey walMark(ClusterName cluster, SystemIdentifier system, int number) {
        return new ObjectKey(walMarks(cluster, system) + digits(number) + ".json");
    }

    /** Ends with a slash. */
    static String walMarks(ClusterName cluster, SystemIdentifier system) {
        return cluster + "/" + system + "/mark/" + BackupMarks.WAL + "/";
    }

    /** Ends with a slash. */
    String marks() {
        return incarnation() + "mark/" + id + "/";
    }

    /** How the headers of bundles and manifest parts name their object. */
    public String numbered(int number) {
        return id + "/" + digits(number);
    }

    private String incarnation() {
        return cluster + "/" + system + "/";
    }

    private ObjectKey key(String rest) {
        return new ObjectKey(incarnation() + rest);
    }

    private static String digits(int number) {
        return String.format(Locale.ROOT, "%06d", checkNumber(number));
    }
}
