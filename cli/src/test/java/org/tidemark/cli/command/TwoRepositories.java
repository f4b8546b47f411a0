// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.cli.ProgramRun;
import org.tidemark.core.ClusterName;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.filesystem.FileSystemStoreProvider;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Commands on one cluster whose repositories are the directories {@code local} and {@code offsite}. */
public abstract class TwoRepositories {
    private static final Path GOLDEN =
            Path.of(System.getProperty("tidemark.root", ".."), "catalog/src/test/resources/golden/repository.zip");

    /** The two backups of the golden repository. */
    public static final String OLDER = "20261120T063011Z";

    public static final String LATEST = "20261120T063011Z-2";

    @TempDir
    public Path root;

    /** Writes the configuration, with more lines for each repository. */
    public void configure(String local, String offsite) throws IOException {
        Files.writeString(root.resolve("tidemark.toml"), """
                [repository.local]
                url = '%s'
                %s
                [repository.offsite]
                url = '%s'
                %s
                [cluster.main]
                repositories = ['local', 'offsite']
                """.formatted(
                root.resolve("local").toUri(), local, root.resolve("offsite").toUri(), offsite));
    }

    /** The golden repository is the local one, and a copy of it the other. */
    public void unpackGolden() throws IOException {
        Path local = root.resolve("local");
        try (InputStream file = Files.newInputStream(GOLDEN);
                ZipInputStream zip = new ZipInputStream(file)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Path object = local.resolve(entry.getName());
                Files.createDirectories(object.getParent());
                Files.write(object, zip.readAllBytes());
            }
        }
        Files.createDirectory(root.resolve("offsite"));
        try (ObjectStore from = store("local");
                ObjectStore to = store("offsite")) {
            ClusterIdentity identity = Repository.open(from, Optional.empty())
                    .incarnations(new ClusterName("main"))
                    .getFirst()
                    .identity();
            Repository.create(to, Clock.systemUTC()).register(identity, Clock.systemUTC());
        }
        configure("", "");
        must("sync", "local", "offsite", "--quick");
    }

    public ObjectStore store(String name) throws IOException {
        return new FileSystemStoreProvider().open(root.resolve(name).toUri(), Map.of());
    }

    public ProgramRun run(String... arguments) {
        return ProgramRun.of(
                root, Map.of("TIDEMARK_CONFIG", root.resolve("tidemark.toml").toString()), arguments);
    }

    public ProgramRun must(String... arguments) {
        ProgramRun run = run(arguments);
        assertThat(run.status()).as(run.data() + run.talk()).isZero();
        return run;
    }

    public static JsonNode json(ProgramRun run) {
        return JsonMapper.shared().readTree(run.data());
    }
}
