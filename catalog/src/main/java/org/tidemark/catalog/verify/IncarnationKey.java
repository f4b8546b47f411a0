// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.catalog.backup.BackupId;
import org.tidemark.catalog.backup.BackupKeys;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.store.ObjectKey;

/** What a key of an incarnation says that its object is. Immutable. */
public sealed interface IncarnationKey {
    /** {@code cluster.json}. */
    record Cluster() implements IncarnationKey {}

    /**
     * A WAL file.
     *
     * @param name as PostgreSQL gave it
     * @param digestStart of the content of a partial segment; empty for others
     */
    record Wal(String name, String digestStart) implements IncarnationKey {}

    record History(Timeline timeline) implements IncarnationKey {}

    record IntentOf(BackupId id) implements IncarnationKey {}

    record BundlesOf(BackupId id) implements IncarnationKey {}

    record BackupOf(BackupId id) implements IncarnationKey {}

    record MarkOf(BackupId id) implements IncarnationKey {}

    record MarkOfWal() implements IncarnationKey {}

    record Bundle(BackupId id, int number) implements IncarnationKey {}

    record ManifestPart(BackupId id, int number) implements IncarnationKey {}

    record PostgresManifest(BackupId id) implements IncarnationKey {}

    /** Nothing that a repository holds. */
    record Foreign() implements IncarnationKey {}

    /** Reads the part of a key behind {@code <cluster>/<system identifier>/}. */
    static IncarnationKey parse(ClusterName cluster, SystemIdentifier system, ObjectKey key) {
        String rest = key.value().substring((cluster + "/" + system + "/").length());
        return rest.equals("cluster.json")
                ? new Cluster()
                : Keys.wal(rest)
                        .or(() -> Keys.history(rest))
                        .or(() -> Keys.walMark(new Keys.Place(cluster, system, key), rest))
                        .or(() -> Keys.backup(new Keys.Place(cluster, system, key), rest))
                        .orElseGet(Foreign::new);
    }

    /** The forms of keys. */
    final class Keys {
        private static final Pattern WAL =
                Pattern.compile("wal/([0-9A-F]{8})/([0-9A-F]{8})/((?:\\1\\2)[0-9A-F]{8})(?:(\\.[0-9A-F]{8}\\.backup)"
                        + "|(\\.partial)-[0-9A-F]{16}-([0-9a-f]{16}))?");
        private static final Pattern HISTORY = Pattern.compile("history/([0-9A-F]{8})\\.history");
        private static final Pattern MARK_OF_WAL = Pattern.compile("mark/wal/(?!000000)([0-9]{6})\\.json");
        private static final Pattern OF_BACKUP = Pattern.compile("(?:catalog|backup|mark)/([^/]+)/(?:.*/)?([^/]+)");

        private static final Pattern NUMBER = Pattern.compile("(?!000000)([0-9]{6})(?:\\.json)?");

        private record Place(ClusterName cluster, SystemIdentifier system, ObjectKey key) {}

        private Keys() {}

        private static Optional<IncarnationKey> wal(String rest) {
            Matcher matcher = WAL.matcher(rest);
            if (!matcher.matches()) {
                return Optional.empty();
            }
            String suffix = matcher.group(4) != null ? matcher.group(4) : matcher.group(5);
            String digest = matcher.group(6);
            String name = matcher.group(3) + (suffix == null ? "" : suffix);
            return isWalName(name) ? Optional.of(new Wal(name, digest == null ? "" : digest)) : Optional.empty();
        }

        private static boolean isWalName(String name) {
            try {
                return WalFile.parse(name).name().equals(name);
            } catch (IllegalArgumentException e) {
                return false;
            }
        }

        private static Optional<IncarnationKey> walMark(Place place, String rest) {
            Matcher matcher = MARK_OF_WAL.matcher(rest);
            return matcher.matches()
                            && place.key()
                                    .equals(BackupKeys.walMark(
                                            place.cluster(), place.system(), Integer.parseInt(matcher.group(1))))
                    ? Optional.of(new MarkOfWal())
                    : Optional.empty();
        }

        private static Optional<IncarnationKey> history(String rest) {
            Matcher matcher = HISTORY.matcher(rest);
            return matcher.matches() && isWalName(matcher.group(1) + ".history")
                    ? Optional.of(new History(Timeline.parseHex(matcher.group(1))))
                    : Optional.empty();
        }

        /** Whatever a key could mean, it means it only if that object's key is this one. */
        private static Optional<IncarnationKey> backup(Place place, String rest) {
            Matcher matcher = OF_BACKUP.matcher(rest);
            if (!matcher.matches() || !BackupId.isId(matcher.group(1))) {
                return Optional.empty();
            }
            BackupId id = new BackupId(matcher.group(1));
            BackupKeys keys = new BackupKeys(place.cluster(), place.system(), id);
            ObjectKey key = place.key();
            if (key.equals(keys.intent())) {
                return Optional.of(new IntentOf(id));
            }
            if (key.equals(keys.bundles())) {
                return Optional.of(new BundlesOf(id));
            }
            if (key.equals(keys.backup())) {
                return Optional.of(new BackupOf(id));
            }
            if (key.equals(keys.postgresManifest())) {
                return Optional.of(new PostgresManifest(id));
            }
            Matcher number = NUMBER.matcher(matcher.group(2));
            return number.matches() ? numbered(keys, key, Integer.parseInt(number.group(1))) : Optional.empty();
        }

        private static Optional<IncarnationKey> numbered(BackupKeys keys, ObjectKey key, int number) {
            if (key.equals(keys.bundle(number))) {
                return Optional.of(new Bundle(keys.id(), number));
            }
            if (key.equals(keys.manifestPart(number))) {
                return Optional.of(new ManifestPart(keys.id(), number));
            }
            return key.equals(keys.mark(number)) ? Optional.of(new MarkOf(keys.id())) : Optional.empty();
        }
    }
}
