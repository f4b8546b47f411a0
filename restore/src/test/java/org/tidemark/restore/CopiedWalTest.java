// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.Lsn;
import org.tidemark.core.PathBytes;
import org.tidemark.core.Sha256;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.wal.CreatedTablespace;
import org.tidemark.restore.CopiedWal.Guarded;

class CopiedWalTest {
    private static final Segment CREATING = (Segment) WalFile.parse("000000010000000000000002");
    private static final Segment BEFORE = (Segment) WalFile.parse("000000010000000000000001");

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {"fast", "a space at the end ", "a line\nbreak", "a \\ and a $HOME", "\u00e9", "\udce9", "it's"})
    void itsScriptWithholdsWhatWouldDeleteADirectoryOfAnyName(String name) throws Exception {
        Path data = Files.createDirectory(directory.resolve("data"));
        Files.createDirectory(data.resolve("pg_tblspc"));
        Path location = PathBytes.path(directory + "/" + name);
        Files.createDirectories(location.resolve("PG_18_202506291"));
        CopiedWal copied = CopiedWal.beside(data);
        copied.make(data);
        TreeMap<String, Sha256> files = new TreeMap<>();
        for (Segment each : List.of(BEFORE, CREATING)) {
            byte[] content = each.name().getBytes(StandardCharsets.US_ASCII);
            Files.write(copied.place(each), content);
            files.put(each.name(), Sha256.of(content));
        }
        SortedMap<Segment, List<CreatedTablespace>> created = new TreeMap<>();
        created.put(CREATING, List.of(new CreatedTablespace(new Lsn(40), 16384, directory + "/" + name)));

        copied.complete(data, files, CREATING, new Guarded(18, created));

        assertThat(fetch(data, copied, BEFORE)).isZero();
        assertThat(fetch(data, copied, CREATING)).isEqualTo(200);
        Files.createSymbolicLink(data.resolve("pg_tblspc/16384"), location);
        assertThat(fetch(data, copied, CREATING)).isZero();
    }

    private static int fetch(Path data, CopiedWal copied, Segment segment) throws Exception {
        Path script = copied.place(segment).resolveSibling("fetch");
        return new ProcessBuilder("sh", script.toString(), segment.name(), "wanted")
                .directory(data.toFile())
                .start()
                .waitFor();
    }
}
