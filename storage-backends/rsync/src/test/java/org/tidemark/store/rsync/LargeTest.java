// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.list;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.RsyncDaemon;
import org.tidemark.testkit.RsyncDaemon.Module;

/** Objects and trees that are larger than what a store may hold in memory, or list at once. */
class LargeTest {
    private static final System.Logger LOG = System.getLogger(LargeTest.class.getName());

    @TempDir
    static Path home;

    private static DaemonPlaces places;

    @BeforeAll
    static void start() throws Exception {
        places = DaemonPlaces.start(home);
    }

    @AfterAll
    static void stop() {
        places.close();
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "the peak of memory is read in /proc")
    void aLargeObjectTakesLittleMemory() throws Exception {
        int mebibytes = Rounds.of(64, 1024);
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx32m",
                "-cp",
                System.getProperty("java.class.path"),
                LargeObject.class.getName(),
                places.address(Module.WRITABLE.toString(), places.daemon().port(), places.next()),
                places.work().toString(),
                Long.toString(mebibytes * 1024L * 1024 + 7));
        builder.environment().put("RSYNC_PASSWORD", RsyncDaemon.PASSWORD);
        Process process = builder.redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();

        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(printed).containsOnlyDigits();
        LOG.log(System.Logger.Level.INFO, mebibytes + " MiB with a peak of " + printed + " KiB");
        assertThat(Long.parseLong(printed)).as("peak in KiB").isLessThan(200 * 1024);
    }

    @Test
    void aTreeThatIsTooLargeForOneRunIsListedWhole() throws Exception {
        Path place = places.next();
        TreeSet<String> stored = new TreeSet<>();
        for (int i = 0; i < 6_000; i++) {
            stored.add(file(place, "main/flat/" + (100_000 + i)));
        }
        for (int i = 0; i < 300; i++) {
            stored.add(file(place, "main/wal/" + i % 20 + "/" + i));
        }
        stored.add(file(place, "main/flat-before"));
        stored.add(file(place, "z"));
        file(place, "main/.flat.Ab12Cd");
        file(place, "main/odd name");
        file(place, "main/odd\nname");
        file(place, "main/\u00e4");
        Files.createDirectories(place.resolve("main/empty/empty"));

        try (ObjectStore store = places.store(place)) {
            assertThat(keys(store, "")).containsExactlyElementsOf(stored);
            assertThat(keys(store, "main/wal/")).containsExactlyElementsOf(stored.subSet("main/wal/", "main/wal0"));
            assertThat(list(store, "main/flat/1059", 40).stream()
                            .map(info -> info.key().value()))
                    .containsExactlyElementsOf(stored.subSet("main/flat/1059", "main/flat/106"));
            assertThat(store.list("", Optional.empty(), 1).objects())
                    .singleElement()
                    .satisfies(info -> assertThat(info.key().value()).isEqualTo("main/flat-before"));
        }
    }

    private static String file(Path place, String name) throws IOException {
        Path path = place.resolve(name);
        Files.createDirectories(path.resolveSibling("."));
        Files.createFile(path);
        return name;
    }
}
