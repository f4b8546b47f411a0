// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.list;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.MeasuredProcess;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.RsyncDaemon;
import org.tidemark.testkit.RsyncDaemon.Module;

/** Objects and trees that are larger than what a store may hold in memory, or list at once. */
@InTurn
class LargeTest {
    @TempDir
    static Path home;

    private static DaemonPlaces places;

    @BeforeAll
    static void start() throws Exception {
        places = DaemonPlaces.start(home);
    }

    @AfterAll
    static void stop() {
        if (places != null) { // nothing, where the class was skipped
            places.close();
        }
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "the peak of memory is read in /proc")
    void aLargeObjectGoesAndComesInBoundedMemory() throws Exception {
        long bytes = Rounds.of(64, 1024) * 1024L * 1024 + 4711;
        List<String> arguments = List.of(
                places.address(Module.WRITABLE.toString(), places.daemon().port(), places.next()),
                places.work().toString(),
                Long.toString(bytes));
        Map<String, String> password = Map.of("RSYNC_PASSWORD", RsyncDaemon.PASSWORD);

        assertThat(MeasuredProcess.peakKib(RsyncLargeObject.class, password, arguments))
                .as("KiB resident")
                .isLessThan(MeasuredProcess.MOST_KIB);
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
