// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.layout;

import java.util.Locale;
import java.util.Optional;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.store.ObjectKey;

/**
 * Where the objects of one incarnation are. Every WAL command loads this class: it builds keys and knows nothing of
 * {@link ObjectName}, which reads them. Immutable.
 */
public record IncarnationKeys(ClusterName cluster, SystemIdentifier system) {
    /** Numbers in keys have eight digits. */
    public static final int MAX_NUMBER = 99_999_999;

    /** How the key of a rejection ends. */
    static final String REJECTED = ".rejected.json";

    /** How the key of WAL that was dropped ends, before {@code .json}. */
    static final String GIVEN_UP = "-given-up";

    /** The incarnation whose prefix a key begins with. */
    public static Optional<IncarnationKeys> of(ObjectKey key) {
        String[] parts = key.value().split("/", 3);
        return parts.length < 3
                ? Optional.empty()
                : cluster(parts[0]).flatMap(name -> system(parts[1]).map(system -> new IncarnationKeys(name, system)));
    }

    /** The first part of a key; empty if it is not ours: a store may hold other things beside a repository. */
    public static Optional<ClusterName> cluster(String part) {
        try {
            return Optional.of(new ClusterName(part));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** The second part of a key; empty if it is not as this class writes it: "+1" and "01" are not. */
    public static Optional<SystemIdentifier> system(String part) {
        try {
            SystemIdentifier system = SystemIdentifier.parse(part);
            return system.toString().equals(part) ? Optional.of(system) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    // Written out: what a record has by itself is linked at run time, which takes 25 ms of a wal-fetch.
    @Override
    public boolean equals(Object other) {
        return other instanceof IncarnationKeys keys && prefix().equals(keys.prefix());
    }

    @Override
    public int hashCode() {
        return prefix().hashCode();
    }

    /** The beginning of every key of the incarnation, with its slash. */
    public String prefix() {
        return clusterPrefix(cluster) + system + "/";
    }

    /** The beginning of every key of a cluster, with its slash. */
    public static String clusterPrefix(ClusterName cluster) {
        return cluster.value() + "/";
    }

    /** The key that ends with {@code rest}. */
    ObjectKey key(String rest) {
        return new ObjectKey(prefix() + rest);
    }

    /** What is registered of the incarnation. */
    public ObjectKey identity() {
        return key("cluster.json");
    }

    /**
     * Where a file is stored under its own name.
     *
     * @throws IllegalArgumentException for a partial segment, since several of one name may be stored
     */
    public ObjectKey of(WalFile file) {
        if (file instanceof WalFile.PartialSegment) {
            throw new IllegalArgumentException("several of one name may be stored: " + file);
        }
        return named(file.name());
    }

    public ObjectKey of(StoredPartial partial) {
        return named(partial.keyName());
    }

    /** The key whose last part is {@code keyName}: a history's, or one in the folder of its segment. */
    public ObjectKey named(String keyName) {
        return keyName.endsWith(".history")
                ? new ObjectKey(histories() + keyName)
                : new ObjectKey(wal() + keyName.substring(0, 8) + "/" + keyName.substring(8, 16) + "/" + keyName);
    }

    /** The folder of a segment, with its slash. */
    public String log(WalFile.Segment segment) {
        String name = segment.name();
        return wal() + name.substring(0, 8) + "/" + name.substring(8, 16) + "/";
    }

    public String timeline(Timeline timeline) {
        return wal() + timeline.toHex() + "/";
    }

    public String wal() {
        return prefix() + "wal/";
    }

    public String histories() {
        return prefix() + "history/";
    }

    /** The pieces of the segments that are, or were, being received. */
    public String pieces() {
        return prefix() + "stream/";
    }

    /** The pieces of one timeline. */
    public String pieces(Timeline timeline) {
        return pieces() + timeline.toHex() + "/";
    }

    /** The pieces of one segment. */
    public String pieces(WalFile.Segment segment) {
        return pieces(segment.timeline()) + segment.name() + "/";
    }

    public ObjectKey of(WalPiece piece) {
        return new ObjectKey(pieces(piece.segment()) + piece.keyName());
    }

    /** The documents of all backups. */
    public String catalog() {
        return prefix() + "catalog/";
    }

    /** The data of all backups. */
    public String backups() {
        return prefix() + "backup/";
    }

    public BackupKeys backup(BackupId id) {
        return new BackupKeys(cluster, system, id);
    }

    /** What says of backups that they were removed. */
    public String tombstones() {
        return prefix() + "dead/";
    }

    /** What says why WAL is not there: it was removed, or dropped. */
    public String gaps() {
        return prefix() + "gap/";
    }

    /** What says that WAL was removed; both ends are included. */
    public ObjectKey removedWal(WalFile.Segment first, WalFile.Segment last) {
        return gap(first, last, ".json");
    }

    /** What says that WAL was dropped; both ends are included. */
    public ObjectKey givenUpWal(WalFile.Segment first, WalFile.Segment last) {
        return gap(first, last, GIVEN_UP + ".json");
    }

    private ObjectKey gap(WalFile.Segment first, WalFile.Segment last, String ending) {
        return new ObjectKey(gaps() + first.timeline().toHex() + "/" + first.name() + "-" + last.name() + ending);
    }

    /** The attempts at scheduled tasks. */
    public String runs() {
        return prefix() + "run/";
    }

    /** The evidence of drills. */
    public String drills() {
        return prefix() + "drill/";
    }

    /** The copies that are read in place of objects, and what says that objects are rejected. */
    public String repaired() {
        return prefix() + "repaired/";
    }

    /** A copy that is read in place of an object of this incarnation. */
    public ObjectKey repaired(ObjectKey original, int number) {
        return new ObjectKey(
                repaired() + digits(number) + "/" + original.value().substring(prefix().length()));
    }

    /** What says that the content of a name is rejected. */
    public ObjectKey rejection(ObjectKey original, int number) {
        return new ObjectKey(repaired(original, number).value() + REJECTED);
    }

    /** The marks of all backups and of the WAL. */
    public String marks() {
        return prefix() + "mark/";
    }

    /** The marks of the WAL that no backup needs by itself. */
    public String walMarks() {
        return marks() + "wal/";
    }

    public ObjectKey walMark(int number) {
        return new ObjectKey(walMarks() + digits(number) + ".json");
    }

    /**
     * The number, if it is one that fits into a key.
     *
     * @throws IllegalArgumentException if it is not
     */
    public static int checkNumber(int number) {
        if (number < 1 || number > MAX_NUMBER) {
            throw new IllegalArgumentException("not the number of an object: " + number);
        }
        return number;
    }

    static String digits(int number) {
        return String.format(Locale.ROOT, "%08d", checkNumber(number));
    }

    /** A folder directly below an incarnation; each kind of object is in one of them. */
    public enum Folder {
        WAL,
        HISTORY,
        STREAM,
        GAP,
        CATALOG,
        BACKUP,
        MARK,
        REPAIRED,
        DEAD,
        RUN,
        DRILL;

        /** The folder that is called {@code name} in keys. */
        public static Optional<Folder> of(String name) {
            for (Folder folder : values()) {
                if (folder.toString().equals(name)) {
                    return Optional.of(folder);
                }
            }
            return Optional.empty();
        }

        /** As it stands in keys. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
