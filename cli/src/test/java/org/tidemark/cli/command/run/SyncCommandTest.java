// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.cli.ProgramRun;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.filesystem.FileSystemStoreProvider;

class SyncCommandTest {
    private static final ClusterIdentity IDENTITY =
            new ClusterIdentity(new ClusterName("main"), SystemIdentifier.parse("7"), WalSegmentSize.DEFAULT, 8192, 18);

    @TempDir
    private Path root;

    @Test
    void whatThisVersionDoesNotKnowIsNamedAndIsNoFailure() throws IOException {
        Path from = repository("from");
        Path to = repository("to");
        Path unknown = Files.createDirectories(from.resolve("main/7/later/00000001"));
        Files.writeString(unknown.resolve("00000001000000A900000065"), "x");
        Files.createDirectories(from.resolve("main/7/history"));
        Files.writeString(from.resolve("main/7/history/00000002.note"), "x");
        String[] sync = {"sync", from.toUri().toString(), to.toUri().toString()};

        ProgramRun run = ProgramRun.of(root, Map.of(), sync);

        assertThat(run.status()).as(run.data() + run.talk()).isZero();
        assertThat(run.talk())
                .contains("does not know and did not copy 'main/7/later/' and 1 more", "run sync with that version");
        ProgramRun json = ProgramRun.of(root, Map.of(), sync[0], sync[1], sync[2], "--json");
        assertThat(json.data()).contains("\"notCopiedCount\"", "main/7/later/", "main/7/history/00000002.note");
        assertThat(to.resolve("main/7/later")).doesNotExist();
    }

    private Path repository(String name) throws IOException {
        Path repository = Files.createDirectory(root.resolve(name));
        try (ObjectStore store = new FileSystemStoreProvider().open(repository.toUri(), Map.of())) {
            Repository.create(store, Clock.systemUTC()).register(IDENTITY, Clock.systemUTC());
        }
        return repository;
    }
}
