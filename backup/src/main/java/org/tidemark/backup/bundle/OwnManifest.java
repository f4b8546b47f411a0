// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.bundle;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalRange;
import org.tidemark.postgres.ManifestChecksum;
import org.tidemark.postgres.PostgresManifest;
import org.tidemark.postgres.PostgresManifestWriter;

/** Writes a backup_manifest like PostgreSQL's, for files that PostgreSQL has not sent whole. Not thread-safe. */
final class OwnManifest implements AutoCloseable {
    private static final int FIRST_WITH_SYSTEM = 17;

    private final OutputStream out;
    private final PostgresManifestWriter writer;

    /** Creates {@code file}. */
    OwnManifest(Path file, int postgresMajor, SystemIdentifier system) throws IOException {
        out = new BufferedOutputStream(Files.newOutputStream(file));
        writer = new PostgresManifestWriter(
                out, postgresMajor >= FIRST_WITH_SYSTEM ? Optional.of(system) : Optional.empty());
    }

    void add(IncomingFile file) throws IOException {
        OptionalInt crc32c = file.crc32c();
        writer.add(new PostgresManifest.File(
                file.path(),
                file.size(),
                file.modified(),
                crc32c.isPresent() ? Optional.of(ManifestChecksum.ofCrc32c(crc32c.getAsInt())) : Optional.empty()));
    }

    void finish(WalRange wal) throws IOException {
        writer.finish(List.of(wal));
        out.close();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
