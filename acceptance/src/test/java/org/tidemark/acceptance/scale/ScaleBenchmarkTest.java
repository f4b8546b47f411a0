// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.scale;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.core.ClusterName;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;

/** Every step of the benchmark, at a size that takes no time. */
class ScaleBenchmarkTest {
    @TempDir
    Path directory;

    @Test
    void everyStepWorks() throws IOException {
        ScaleBenchmark benchmark = new ScaleBenchmark(directory, 1000, 2);

        assertThat(benchmark.run("sizes")).startsWith("1 parts, ");
        assertThat(benchmark.run("write")).isEqualTo("1000 files, 1 GiB");
        assertThat(benchmark.run("write-changed")).isEqualTo("1000 files, 1 GiB");
        assertThat(benchmark.run("read")).isEqualTo("2000 pieces");
        assertThat(benchmark.run("diff")).matches("[1-9]\\d? pieces of \\d+ files are changed");
    }

    /** Ten backups and a thousand segments, in pages of all sizes. */
    @Test
    void theSimulatedRepositoryIsListedAsAnyOther() throws IOException {
        Repository repository = Repository.open(new SimulatedStore(10, 1_000), Optional.empty());
        ClusterArchive archive =
                repository.incarnations(new ClusterName("main")).getFirst();

        assertThat(archive.backups().list()).hasSize(10).allMatch(CatalogEntry.Published.class::isInstance);
        assertThat(archive.wal().inventory().timelines()).singleElement().satisfies(timeline -> {
            assertThat(timeline.segments()).isEqualTo(1_000);
            assertThat(timeline.holes()).isEmpty();
        });
        for (int limit : new int[] {1, 3, 7, 1_000}) {
            List<ObjectKey> keys = new ArrayList<>();
            ObjectPage page = repository.store().list("main/", Optional.empty(), limit);
            page.objects().forEach(each -> keys.add(each.key()));
            while (page.more()) {
                page = repository.store().list("main/", Optional.of(keys.getLast()), limit);
                page.objects().forEach(each -> keys.add(each.key()));
            }
            assertThat(keys).hasSize(1_031).isSorted().doesNotHaveDuplicates();
        }
        repository.store().list("main/", Optional.empty(), 1_000).objects().stream()
                .filter(object -> object.key().name().equals("backup.json"))
                .forEach(object -> assertThat(object.sizeBytes()).isEqualTo(length(repository, object.key())));
    }

    private static long length(Repository repository, ObjectKey key) {
        try (InputStream content = repository.store().open(key, ByteRange.ALL)) {
            return content.readAllBytes().length;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void descriptionsCanBeListed() throws IOException {
        ScaleBenchmark benchmark = new ScaleBenchmark(directory, 100, 1);

        assertThat(benchmark.run("describe")).isEqualTo("100 backups");
        assertThat(SimulatedRepository.at(directory.resolve("repository"), directory)
                        .catalog()
                        .list())
                .hasSize(100);
    }
}
