// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.restore.Shell;
import org.tidemark.restore.host.FileOwner;
import org.tidemark.restore.host.MountPoints;
import org.tidemark.restore.plan.StartFrom.Move;
import org.tidemark.testkit.SmallDisk;

class MovedAsideTest {
    @TempDir
    private Path temporary;

    private Path fast = Path.of("/");
    private Path data = Path.of("/");

    @BeforeEach
    void fill() throws IOException {
        fast = cluster("fast");
        data = cluster("data");
    }

    private Path cluster(String name) throws IOException {
        Path directory = Files.createDirectories(temporary.resolve(name));
        Files.writeString(directory.resolve("of"), name);
        return directory;
    }

    private static Path aside(Path directory) {
        return directory.resolveSibling(directory.getFileName() + ".aside");
    }

    private static MovedAside moves(Path... directories) throws IOException {
        return new MovedAside(
                List.of(directories).stream()
                        .map(each -> new Move(each, aside(each)))
                        .toList(),
                FileOwner.current());
    }

    private void mustBeAtTheirPlaces() throws IOException {
        for (Path each : List.of(fast, data)) {
            assertThat(each.resolve("of")).hasContent(String.valueOf(each.getFileName()));
            assertThat(aside(each)).doesNotExist();
        }
    }

    @Test
    void eachIsRenamedAndMadeAnew() throws IOException {
        moves(fast, data).apply(() -> {});

        for (Path each : List.of(fast, data)) {
            assertThat(each).isEmptyDirectory();
            assertThat(aside(each).resolve("of")).hasContent(String.valueOf(each.getFileName()));
        }
    }

    @Test
    void whereOneIsAMountPointAllAreAtTheirPlaces() throws IOException {
        Path mounted = temporary.resolve("mounted");
        try (SmallDisk _ = SmallDisk.mount(mounted, "size=1m")) {
            assertThatThrownBy(() -> moves(fast, data, mounted).apply(() -> {}))
                    .isInstanceOfSatisfying(UserFacingException.class, refused -> {
                        assertThat(refused.exitCode()).isEqualTo(ExitCode.RESTORE_REFUSED);
                        assertThat(refused.getMessage()).contains("'" + mounted + "'", "busy", "nothing was changed");
                    });
        }
        mustBeAtTheirPlaces();
    }

    @Test
    void nothingIsReplaced() throws IOException {
        Files.createDirectory(aside(data));

        assertThatThrownBy(() -> moves(fast, data).apply(() -> {}))
                .hasMessageContaining("'" + aside(data) + "' exists")
                .hasMessageContaining("nothing was changed");

        assertThat(fast.resolve("of")).exists();
        assertThat(aside(data)).isEmptyDirectory();
    }

    @Test
    void whereTheCheckFailsMeanwhileAllAreAtTheirPlaces() throws IOException {
        assertThatThrownBy(() -> moves(fast, data).apply(() -> {
                    if (Files.exists(aside(fast))) {
                        throw new UserFacingException(ExitCode.RESTORE_REFUSED, "a server was started", "Stop it.");
                    }
                }))
                .hasMessage("a server was started");

        mustBeAtTheirPlaces();
    }

    /** Somebody has written into the new directory: that stays too, under a name that the hint gives it. */
    @Test
    void whereOneCannotBeRenamedBackTheHintDoesIt() throws IOException {
        Files.createDirectory(aside(data));
        String hint = "";
        try {
            moves(fast, data).apply(() -> {
                if (Files.isDirectory(aside(fast))) {
                    Files.writeString(fast.resolve("of"), "somebody else");
                }
            });
        } catch (UserFacingException e) {
            assertThat(e.getMessage())
                    .contains("could not be renamed back: '" + fast + "' is at '" + aside(fast) + "'");
            hint = e.hint();
        }

        Shell.run(List.of("sh", "-e", "-c", hint.substring(hint.indexOf(": ") + 2)));

        assertThat(fast.resolve("of")).hasContent("fast");
        assertThat(temporary.resolve("fast.restored/of")).hasContent("somebody else");
        assertThat(data.resolve("of")).hasContent("data");
    }

    @Test
    void mountPointsHaveAnyName() {
        MountPoints mounts = MountPoints.parse("""
                36 35 98:0 /mnt1 /mnt/a\\040b rw,noatime master:1 - ext3 /dev/root rw,errors=continue
                37 36 98:0 / /mnt/a\\040b/caf\303\251 rw - tmpfs none rw
                broken
                """);

        assertThat(mounts.paths()).isEqualTo(Set.of(Path.of("/mnt/a b"), Path.of("/mnt/a b/café")));
        assertThat(mounts.contains(Path.of("/mnt/a b"))).isTrue();
        assertThat(mounts.below(Path.of("/mnt/a b"))).contains(Path.of("/mnt/a b/café"));
        assertThat(mounts.below(Path.of("/mnt/a"))).isEmpty();
    }
}
