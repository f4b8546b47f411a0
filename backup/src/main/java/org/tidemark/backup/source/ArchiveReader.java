// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.jspecify.annotations.Nullable;
import org.tidemark.backup.source.FileSink.FileFacts;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.PathBytes;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.BackupLabel;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.IncrementalFile;
import org.tidemark.postgres.RelationFile;
import org.tidemark.postgres.TablespaceInfo;

/**
 * Reads the archives of a base backup (src/backend/backup/basebackup.c): {@code ./} may stand before a name, and a
 * tablespace's names are relative to its own directory. Not thread-safe.
 */
final class ArchiveReader {
    static final String BACKUP_LABEL = "backup_label";

    /** Every byte is a character of it, and stays what it was. */
    private static final Charset BYTES = StandardCharsets.ISO_8859_1;

    private static final int MAX_KEPT_BYTES = 64 << 10;
    private static final int RIGHTS = 07777;

    private final FileSink sink;

    /** Present if PostgreSQL may send changes instead of a file: the relations that became shorter. */
    private Optional<Map<String, Long>> shortest = Optional.empty();

    private final Map<String, byte[]> kept = new HashMap<>();

    ArchiveReader(FileSink sink) {
        this.sink = sink;
    }

    /**
     * PostgreSQL may send changes instead of a file.
     *
     * @param shortestOf as {@link WalSummaries.Truncations#shortest}
     */
    void expectChanges(Map<String, Long> shortestOf) {
        shortest = Optional.of(shortestOf);
    }

    void read(TablespaceInfo tablespace, InputStream tar) throws IOException {
        String prefix = tablespace.isDataDirectory() ? "" : tablespace.path() + "/";
        // Not closed: the stream is the caller's.
        TarArchiveInputStream archive = new TarArchiveInputStream(tar, BYTES.name());
        for (Optional<TarArchiveEntry> entry = next(archive); entry.isPresent(); entry = next(archive)) {
            try {
                read(prefix, entry.get(), archive);
            } catch (IllegalArgumentException e) {
                throw unreadable(String.valueOf(e.getMessage()), e);
            }
        }
    }

    /** The content of {@link #BACKUP_LABEL} or {@link ControlFile#PATH}. */
    byte[] kept(String path) {
        byte[] content = kept.get(path);
        if (content == null) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "PostgreSQL's base backup has no '" + path + "'",
                    "Take the backup again. If it fails again, see PostgreSQL's log.");
        }
        return content.clone();
    }

    private void read(String prefix, TarArchiveEntry entry, InputStream content) throws IOException {
        String name = plain(text(entry.getName()));
        if (name.isEmpty()) {
            return;
        }
        String path = prefix + name;
        int mode = entry.getMode() & RIGHTS;
        if (entry.isDirectory()) {
            sink.directory(path, mode);
        } else if (entry.isSymbolicLink()) {
            sink.link(path, NeededFiles.location(name, text(entry.getLinkName())));
        } else if (entry.getLinkFlag() == TarConstants.LF_NORMAL || entry.getLinkFlag() == TarConstants.LF_OLDNORM) {
            if (path.endsWith("/" + ObjectName.RepositoryIdentity.NAME)) {
                sink.warning("'" + PathBytes.printable(path.substring(0, path.lastIndexOf('/')))
                        + "' in the data directory is a repository; PostgreSQL sends it, so each backup contains all"
                        + " earlier ones: move it elsewhere");
            }
            FileFacts facts = new FileFacts(
                    path, mode, entry.getSize(), entry.getLastModifiedTime().toInstant());
            Optional<RelationFile> relation = shortest.flatMap(_ -> IncrementalFile.relation(path));
            if (relation.isPresent()) {
                long most = shortest.get().getOrDefault(relation.get().relation(), Long.MAX_VALUE);
                sink.changes(facts, relation.get(), most, content);
            } else if (shortest.isPresent() && path.equals(BACKUP_LABEL)) {
                byte[] sent = content.readNBytes(MAX_KEPT_BYTES);
                kept.put(path, BackupLabel.withoutIncrementalLines(sent));
                sink.rewritten(facts, sent, kept(path));
            } else {
                sink.file(facts, keep(path, entry.getSize(), content));
            }
        } else {
            throw new IllegalArgumentException(
                    "'" + PathBytes.printable(path) + "' is neither a file, a directory nor a symbolic link");
        }
    }

    private InputStream keep(String path, long size, InputStream content) throws IOException {
        if (size > MAX_KEPT_BYTES || !(path.equals(BACKUP_LABEL) || path.equals(ControlFile.PATH))) {
            return content;
        }
        byte[] bytes = content.readNBytes((int) size);
        kept.put(path, bytes);
        return new ByteArrayInputStream(bytes);
    }

    /** PostgreSQL sends a name as it is on the disk, in whatever encoding. */
    private static String text(String bytes) {
        return PathBytes.decode(bytes.getBytes(BYTES));
    }

    private static String plain(String name) {
        String plain = name;
        while (plain.startsWith("./")) {
            plain = plain.substring(2);
        }
        while (plain.endsWith("/")) {
            plain = plain.substring(0, plain.length() - 1);
        }
        return plain.equals(".") ? "" : plain;
    }

    private static Optional<TarArchiveEntry> next(TarArchiveInputStream archive) {
        try {
            @Nullable TarArchiveEntry entry = archive.getNextEntry();
            return Optional.ofNullable(entry);
        } catch (IOException | IllegalArgumentException e) {
            throw unreadable(String.valueOf(e.getMessage()), e);
        }
    }

    private static UserFacingException unreadable(String problem, Exception cause) {
        return new UserFacingException(
                ExitCode.BACKUP_FAILED,
                "PostgreSQL's base backup cannot be read: " + problem,
                "Take the backup again. If it fails again, see PostgreSQL's log.",
                cause);
    }
}
