// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;

/** Unpacks a base backup, tablespaces under pg_tblspc, and judges its pages as they pass. */
class UnpackedBackup implements BaseBackupReceiver {
    private static final int RELATION_SEGMENT_PAGES = 131_072;

    final Path directory;
    final List<RelationFileCheck.Finding> findings = new ArrayList<>();
    final List<TablespaceInfo> tablespaces = new ArrayList<>();
    private Lsn start = new Lsn(0);

    UnpackedBackup(Path directory) {
        this.directory = directory;
    }

    @Override
    public void started(Lsn from, Timeline timeline, List<TablespaceInfo> list) {
        start = from;
        tablespaces.addAll(list);
    }

    @Override
    public void archive(TablespaceInfo tablespace, InputStream tar) throws IOException {
        String prefix = tablespace.isDataDirectory() ? "" : "pg_tblspc/" + tablespace.oid() + "/";
        PageCheck check = new PageCheck(8192, 1, start);
        TarArchiveInputStream archive = new TarArchiveInputStream(tar);
        for (TarArchiveEntry entry = archive.getNextEntry(); entry != null; entry = archive.getNextEntry()) {
            Path file = directory.resolve(prefix + entry.getName());
            if (entry.isDirectory()) {
                Files.createDirectories(file);
            } else if (entry.isFile()) {
                byte[] bytes = archive.readNBytes((int) entry.getSize());
                Files.write(file, bytes);
                judge(RelationFile.of(prefix + entry.getName()), check, bytes);
            }
        }
    }

    @Override
    public void manifest(InputStream json) throws IOException {
        Files.copy(json, directory.resolve(PostgresManifest.PATH));
    }

    @Override
    public void progress(long done, long expected) {}

    @Override
    public void warning(ServerMessage message) {}

    private void judge(Optional<RelationFile> relation, PageCheck check, byte[] bytes) {
        if (relation.isPresent()) {
            RelationFileCheck file = new RelationFileCheck(relation.get(), check, RELATION_SEGMENT_PAGES);
            file.update(bytes, 0, bytes.length);
            findings.addAll(file.finish().findings());
        }
    }
}
