// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.backup.BaseBackup.ManifestPart.OfAnother;
import org.tidemark.catalog.format.Encryption;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;

/**
 * What {@code backup.json} says: the object whose existence makes the backup exist. Immutable.
 *
 * @param name what the operator called it
 * @param wal all of it must be replayed before the data is consistent
 * @param nextXid 64 bits, unsigned: a transaction id that no transaction had yet when the backup had ended
 */
public record BaseBackup(
        BackupId id,
        Type type,
        Optional<String> name,
        Origin origin,
        Run run,
        WalRange wal,
        Optional<Long> nextXid,
        Contents contents,
        Objects objects) {
    public BaseBackup {
        if (objects.lineage().isPresent() != (type == Type.INCREMENTAL)) {
            throw new IllegalArgumentException("a backup of type '" + type + "' "
                    + (objects.lineage().isPresent() ? "has a" : "lacks its") + " parent");
        }
        Set<OfAnother> shared = new HashSet<>();
        for (ManifestPart part : objects.manifestParts()) {
            if (part.shared()
                    .filter(each -> each.id().equals(id) || !shared.add(each))
                    .isPresent()) {
                throw new IllegalArgumentException("the manifest part from '" + part.first()
                        + "' on is not one of another backup, or listed twice");
            }
        }
    }

    /** What a backup refers to. */
    public enum Type {
        /** Every byte of every file is stored for it. */
        FULL("full"),
        /** What has not changed since an earlier backup is stored there; the manifest is complete. */
        INCREMENTAL("incremental");

        private final String text;

        Type(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * Whose data it is.
     *
     * @param postgresVersion as {@code server_version_num}: 150019 for 15.19
     * @param pageSize in bytes
     * @param dataChecksums whether the cluster has page checksums
     * @param glibc the version of the library by whose rules text is sorted, such as 2.36; empty if the cluster knows
     *     no locale of it, or was not asked
     */
    public record Origin(
            ClusterName cluster,
            SystemIdentifier system,
            int postgresVersion,
            WalSegmentSize walSegmentSize,
            int pageSize,
            boolean dataChecksums,
            Optional<String> glibc) {
        /** One of which the version of glibc is not known. */
        public Origin(
                ClusterName cluster,
                SystemIdentifier system,
                int postgresVersion,
                WalSegmentSize walSegmentSize,
                int pageSize,
                boolean dataChecksums) {
            this(cluster, system, postgresVersion, walSegmentSize, pageSize, dataChecksums, Optional.empty());
        }

        /** 13 and so on. */
        public int postgresMajor() {
            return postgresVersion / 10_000;
        }
    }

    /**
     * What a later backup must know to tell by their times which files nobody has written since. Immutable.
     *
     * @param from a time before the first file was read, by the clock that gives the files their times: the server's
     *     own may be another one, and that of its primary is if it is a standby
     * @param machine what tells the machine and the data directory from others; empty if it was the host of the program
     */
    public record ReadFiles(Instant from, Optional<String> machine) {}

    /**
     * How it was taken.
     *
     * @param method {@code base-backup}
     * @param host where the program ran
     * @param tool the program's version
     * @param started when the backup began
     * @param ended when its last byte was there; a recovery target before this cannot be reached from this backup
     * @param endedBefore a time by which it had ended, by the clock of the store that had it first; empty if that was
     *     not recorded. The clock that gave {@code ended} may have been slow
     * @param files of the reading of files; empty if PostgreSQL sent them, or nothing can be told by their times
     * @param warnings of PostgreSQL and of the program, at most {@value #MAX_WARNINGS}, none twice
     */
    public record Run(
            String method,
            String host,
            Source from,
            String tool,
            Instant started,
            Instant ended,
            Optional<Instant> endedBefore,
            Optional<ReadFiles> files,
            List<String> warnings) {
        public static final int MAX_WARNINGS = 100;

        /** The clocks of hosts may differ so much. */
        public static final Duration CLOCK_DIFFERENCE = Duration.ofMinutes(5);

        /** One of which the store's clock is not known. */
        public Run(
                String method,
                String host,
                Source from,
                String tool,
                Instant started,
                Instant ended,
                List<String> warnings) {
            this(method, host, from, tool, started, ended, Optional.empty(), Optional.empty(), warnings);
        }

        public Run {
            warnings = List.copyOf(warnings);
            if (warnings.size() > MAX_WARNINGS) {
                throw new IllegalArgumentException("cannot list " + warnings.size() + " warnings");
            }
        }

        /** Whether it ended after now, and so by a clock that was ahead: it says nothing of what was done when. */
        public boolean isAhead(Instant now) {
            return ended.isAfter(now.plus(CLOCK_DIFFERENCE));
        }

        /** Whether it began at a moment or later, as far as its dates can be believed. */
        public boolean isSince(Instant moment, Instant now) {
            return !started.isBefore(moment) && !isAhead(now);
        }
    }

    /** The server that the data came from. */
    public enum Source {
        PRIMARY("primary"),
        STANDBY("standby");

        private final String text;

        Source(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * What is in it.
     *
     * @param files how many
     * @param dataSizeBytes of all files
     * @param storedSizeBytes of the bundles, the manifest parts, the list of bundles and backup_manifest, as far as
     *     they were stored for this backup
     * @param damagedPages at most {@value #MAX_DAMAGED_PAGES}
     * @param damagedPagesCount how many pages of the cluster itself were damaged when it was taken
     * @param isCompared whether the tablespaces and databases of PostgreSQL's catalogs were looked for among the files:
     *     if not, a tablespace without files may have been one whose disk was not mounted
     * @param contentTime of a standby that had not replayed everything: when its primary made the last commit that is
     *     in the backup, or later
     */
    public record Contents(
            long files,
            long dataSizeBytes,
            long storedSizeBytes,
            List<Tablespace> tablespaces,
            List<DamagedPage> damagedPages,
            long damagedPagesCount,
            boolean isCompared,
            Optional<Instant> contentTime) {
        public static final int MAX_DAMAGED_PAGES = 1_000;

        /** Those of a backup that was not compared with PostgreSQL's catalogs. */
        public Contents(
                long files,
                long dataSizeBytes,
                long storedSizeBytes,
                List<Tablespace> tablespaces,
                List<DamagedPage> damagedPages,
                long damagedPagesCount) {
            this(
                    files,
                    dataSizeBytes,
                    storedSizeBytes,
                    tablespaces,
                    damagedPages,
                    damagedPagesCount,
                    false,
                    Optional.empty());
        }

        public Contents {
            tablespaces = List.copyOf(tablespaces);
            damagedPages = List.copyOf(damagedPages);
            if (damagedPages.size() > MAX_DAMAGED_PAGES || damagedPagesCount < damagedPages.size()) {
                throw new IllegalArgumentException(
                        "cannot list " + damagedPages.size() + " of " + damagedPagesCount + " damaged pages");
            }
        }
    }

    /**
     * A tablespace outside of the data directory.
     *
     * @param oid as PostgreSQL prints it
     * @param name what PostgreSQL calls it; empty where PostgreSQL could not be asked, and in backups of older versions
     * @param location the path that the link leads to
     * @param sizeBytes of its files
     */
    public record Tablespace(long oid, Optional<String> name, String location, long sizeBytes) {
        public Tablespace {
            if (oid < 1 || oid > 0xFFFF_FFFFL || sizeBytes < 0) {
                throw new IllegalArgumentException("not a tablespace: " + oid + ", " + sizeBytes + " bytes");
            }
        }
    }

    /**
     * A page that was damaged in the cluster already.
     *
     * @param block from 0, within the file
     */
    public record DamagedPage(String path, long block, String reason) {}

    /**
     * The objects that hold it.
     *
     * @param nonce the one of {@code intent.json}
     * @param encryption of bundles and manifests
     * @param fingerprintKey of the fingerprints in manifest and bundles
     * @param bundles the list of bundles
     * @param backupManifest the parts of PostgreSQL's backup_manifest
     * @param configuration what PostgreSQL read outside of its data directory; empty if that was nothing, or could not
     *     be read
     * @param lineage of an incremental backup
     * @param referredSizeBytes the size of the bundles in its list, and of the parts of its manifest, that were stored
     *     for other backups, or for attempts that became none
     */
    public record Objects(
            String nonce,
            Optional<Encryption> encryption,
            FingerprintKey fingerprintKey,
            StoredObject bundles,
            List<StoredObject> backupManifest,
            List<ManifestPart> manifestParts,
            Optional<StoredConfiguration> configuration,
            Optional<Lineage> lineage,
            long referredSizeBytes) {
        /** Those of a full backup that refers to nothing. */
        public Objects(
                String nonce,
                Optional<Encryption> encryption,
                FingerprintKey fingerprintKey,
                StoredObject bundles,
                List<StoredObject> backupManifest,
                List<ManifestPart> manifestParts,
                Optional<StoredConfiguration> configuration) {
            this(
                    nonce,
                    encryption,
                    fingerprintKey,
                    bundles,
                    backupManifest,
                    manifestParts,
                    configuration,
                    Optional.empty(),
                    0);
        }

        /** Those of a backup without a configuration. */
        public Objects(
                String nonce,
                Optional<Encryption> encryption,
                FingerprintKey fingerprintKey,
                StoredObject bundles,
                List<StoredObject> backupManifest,
                List<ManifestPart> manifestParts) {
            this(nonce, encryption, fingerprintKey, bundles, backupManifest, manifestParts, Optional.empty());
        }

        public Objects {
            backupManifest = List.copyOf(backupManifest);
            manifestParts = List.copyOf(manifestParts);
            for (int i = 1; i < manifestParts.size(); i++) {
                if (ManifestEntry.PATH_ORDER.compare(
                                manifestParts.get(i - 1).first(),
                                manifestParts.get(i).first())
                        >= 0) {
                    throw new IllegalArgumentException("manifest part " + (i + 1) + " is out of order");
                }
            }
        }
    }

    /**
     * What an incremental backup refers to.
     *
     * @param parent the backup that it was compared with
     * @param oldestFrame the oldest backup whose bundles, or parts of the manifest, it refers to; itself if it refers
     *     to none
     */
    public record Lineage(BackupId parent, BackupId oldestFrame) {}

    /**
     * A part of the manifest.
     *
     * @param first the path of its first line
     * @param shared where another backup stored it; empty for a part of this backup's own, which are numbered in their
     *     order
     */
    public record ManifestPart(String first, StoredObject object, Optional<OfAnother> shared) {
        public ManifestPart {
            ManifestEntry.checkPath(first);
        }

        /** A part of this backup's own. */
        public ManifestPart(String first, StoredObject object) {
            this(first, object, Optional.empty());
        }

        /**
         * A part that was stored for another backup.
         *
         * @param number from 1, among the parts of that backup
         */
        public record OfAnother(BackupId id, int number) {
            public OfAnother {
                IncarnationKeys.checkNumber(number);
            }
        }
    }

    /** The size of all objects that a restore reads. */
    public long readSizeBytes() {
        return contents.storedSizeBytes() + objects.referredSizeBytes();
    }

    public Segment walFirst() {
        return wal.first(origin.walSegmentSize());
    }

    public Segment walLast() {
        return wal.last(origin.walSegmentSize());
    }

    /** The names of the manifest's parts, in order. */
    public List<ObjectName.ManifestPart> manifestParts() {
        List<ObjectName.ManifestPart> names = new ArrayList<>();
        int own = 0;
        for (ManifestPart part : objects.manifestParts()) {
            if (part.shared().isPresent()) {
                OfAnother shared = part.shared().get();
                names.add(new ObjectName.ManifestPart(
                        new BackupKeys(origin.cluster(), origin.system(), shared.id()), shared.number()));
            } else {
                own++;
                names.add(new ObjectName.ManifestPart(keys(), own));
            }
        }
        return names;
    }

    /** The parts of the manifest, those of other backups too, and of PostgreSQL's backup_manifest, in order. */
    public Map<ObjectName.BackupData, StoredObject> manifests() {
        Map<ObjectName.BackupData, StoredObject> parts = new LinkedHashMap<>();
        for (ObjectName.ManifestPart name : manifestParts()) {
            parts.put(name, objects.manifestParts().get(parts.size()).object());
        }
        int number = 0;
        for (StoredObject part : objects.backupManifest()) {
            number++;
            parts.put(new ObjectName.PostgresManifest(keys(), number), part);
        }
        return parts;
    }

    /** Every object that {@code backup.json} lists itself, but for the list of bundles. */
    public Map<ObjectName.BackupData, StoredObject> listed() {
        Map<ObjectName.BackupData, StoredObject> listed = manifests();
        objects.configuration().ifPresent(stored -> listed.put(new ObjectName.Configuration(keys()), stored.object()));
        return listed;
    }

    /** The document that is stored. */
    public byte[] encode() {
        return BaseBackupJson.encode(this);
    }

    public BackupKeys keys() {
        return new BackupKeys(origin.cluster(), origin.system(), id);
    }
}
