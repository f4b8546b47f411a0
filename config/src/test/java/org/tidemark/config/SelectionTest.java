// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.config.ConfigurationException.ConfigurationProblems;
import org.tidemark.config.Setting.Origin;
import org.tidemark.config.Setting.SettingKey;
import org.tidemark.core.ClusterName;
import org.tidemark.core.UserFacingException;

class SelectionTest {
    private static final Path ELSEWHERE = Path.of("/");

    private static Selection selection(String... keysAndValues) {
        List<Setting> settings = new ArrayList<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            settings.add(new Setting(
                    SettingKey.of(keysAndValues[i].split("\\.", -1)), keysAndValues[i + 1], Origin.option("test")));
        }
        return new Selection(ConfigurationParser.parse(settings, new ConfigurationProblems()), List.of());
    }

    private static Selection two(Path firstDirectory) {
        return selection(
                "repository.a.url", "file:///a",
                "repository.b.url", "file:///b",
                "cluster.first.data-directory", firstDirectory.toString(),
                "cluster.second.repositories", "b");
    }

    @Test
    void theOnlyClusterNeedNotBeNamed() {
        Selection selection = selection("cluster.main.data-directory", "/data");

        assertThat(selection.cluster(Optional.empty(), ELSEWHERE).orElseThrow().name())
                .isEqualTo(new ClusterName("main"));
    }

    @Test
    void ofSeveralTheOneWhoseDataDirectoryItIsCalledInIsTaken(@TempDir Path data) {
        assertThat(two(data).cluster(Optional.empty(), data).orElseThrow().name())
                .isEqualTo(new ClusterName("first"));
        assertThatThrownBy(() -> two(data).cluster(Optional.empty(), ELSEWHERE))
                .isInstanceOf(UserFacingException.class)
                .hasMessageContaining("more than one cluster");
    }

    /** An old primary that was started by mistake must not be told to name a cluster. */
    @Test
    void aDataDirectoryOfNoClusterIsToldNotToArchive(@TempDir Path data, @TempDir Path old) throws IOException {
        Files.createDirectories(old.resolve("global"));
        Files.createFile(old.resolve("global/pg_control"));

        assertThatThrownBy(() -> two(data).cluster(Optional.empty(), old))
                .isInstanceOf(UserFacingException.class)
                .hasMessageContaining("'" + old + "' is the data directory of no configured cluster (first: " + data)
                .satisfies(e -> assertThat(((UserFacingException) e).hint())
                        .contains("old primary", "do not let it archive")
                        .doesNotContain("--cluster"));
    }

    @Test
    void aNamedClusterMustBeConfiguredIfAnyIs(@TempDir Path data) {
        assertThatThrownBy(() -> two(data).cluster(Optional.of(new ClusterName("third")), data))
                .isInstanceOf(UserFacingException.class)
                .hasMessage("there is no cluster 'third' in the configuration");
        assertThat(selection().cluster(Optional.of(new ClusterName("third")), data))
                .isPresent();
        assertThat(selection().cluster(Optional.empty(), data)).isEmpty();
    }

    @Test
    void repositoriesAreTheNamedOnesElseTheClustersElseAll(@TempDir Path data) {
        Selection selection = two(data);
        Optional<ClusterSettings> second = selection.cluster(Optional.of(new ClusterName("second")), ELSEWHERE);

        assertThat(names(selection.repositories(List.of(), second))).containsExactly("b");
        assertThat(names(selection.repositories(List.of("a"), second))).containsExactly("a");
        assertThat(names(selection.repositories(List.of(), Optional.empty()))).containsExactly("a", "b");
        assertThat(names(selection.repositories(List.of("file:///b", "file:///c"), second)))
                .containsExactly("b", "file:///c");
    }

    @Test
    void aListWithCommasIsRefusedWithWhatToType(@TempDir Path data) {
        for (String list : List.of("a,b", "b,file:///c")) {
            assertThatThrownBy(() -> two(data).repositories(List.of(list), Optional.empty()))
                    .isInstanceOfSatisfying(UserFacingException.class, e -> {
                        assertThat(e).hasMessage("'" + list + "' names several repositories");
                        assertThat(e.hint()).endsWith(": --repository " + list.replace(",", " --repository "));
                    });
        }
        assertThatThrownBy(() -> two(data).repositories(List.of("file:///a,file:///c"), Optional.empty()))
                .hasMessageContaining("names several");
        assertThat(two(data).repositories(List.of("file:///a,c"), Optional.empty()))
                .as("a comma in an address")
                .singleElement()
                .satisfies(each -> assertThat(each.url()).hasPath("/a,c"));
    }

    @Test
    void anAddressNeedsNoConfiguration() {
        assertThat(selection().repositories(List.of("file:///c"), Optional.empty()))
                .singleElement()
                .isEqualTo(RepositorySettings.at(URI.create("file:///c")));
        assertThatThrownBy(() -> selection().repositories(List.of("c"), Optional.empty()))
                .isInstanceOf(UserFacingException.class)
                .hasMessage("there is no repository 'c' in the configuration");
        assertThatThrownBy(() -> selection().repositories(List.of(), Optional.empty()))
                .isInstanceOf(UserFacingException.class)
                .hasMessage("no repository is configured");
    }

    private static List<String> names(List<RepositorySettings> repositories) {
        return repositories.stream().map(RepositorySettings::name).toList();
    }
}
