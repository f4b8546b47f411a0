// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.ClusterName;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;

/**
 * A shell script takes the place of the program: it delivers the file only with some variables, and counts its runs.
 */
class RestoreCommandCheckTest {
    private static final String FILE = "000000010000000000000002";

    @TempDir
    Path directory;

    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void makeDataDirectory() throws IOException {
        Files.createDirectory(directory.resolve("pg_wal"));
        for (int i = 0; i < 30; i++) {
            environment.put("UNRELATED_" + i, "value");
        }
        environment.putAll(Map.of("HOME", "/root", "TIDEMARK_HOST_SPOOL", "/spool", "AWS_PROFILE", "backups"));
    }

    @Test
    void whatWorksWithoutVariablesRunsOnce() throws IOException, InterruptedException {
        assertThat(check("true").fetch(FILE)).isEmpty();
        assertThat(runs()).isEqualTo(1);
    }

    @Test
    void aNeededVariableIsFoundInAFewRuns() throws IOException, InterruptedException {
        assertThat(check("test \"$TIDEMARK_HOST_SPOOL\" = /spool").fetch(FILE)).containsExactly("TIDEMARK_HOST_SPOOL");
        // Without any, with all, without the unrelated ones, and without each of the other three.
        assertThat(runs()).isEqualTo(6);
    }

    @Test
    void variablesThatNobodyExpectsAreFoundToo() throws IOException, InterruptedException {
        assertThat(check("test \"$UNRELATED_7$UNRELATED_21$AWS_PROFILE\" = valuevaluebackups")
                        .fetch(FILE))
                .containsExactly("AWS_PROFILE", "UNRELATED_21", "UNRELATED_7");
        assertThat(runs()).isLessThan(30);
    }

    @Test
    void whatNeverWorksIsRefused() throws IOException {
        RestoreCommandCheck check = check("false");

        assertThatThrownBy(() -> check.fetch(FILE))
                .isInstanceOf(UserFacingException.class)
                .hasMessageContaining("could not fetch its WAL");
        assertThat(runs()).isEqualTo(2);
    }

    private RestoreCommandCheck check(String condition) throws IOException {
        Path program = directory.resolve("program");
        Files.writeString(
                program,
                "#!/bin/sh\necho run >> " + directory.resolve("runs") + "\n" + condition + " && echo wal > \"$3\"\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        RestoreCommand command = RestoreCommand.fetching(
                program.toString(),
                Optional.of(Timeline.FIRST),
                new RecoveryTarget.Latest(),
                new ClusterName("main"),
                List.of(),
                List.of(),
                Optional.empty());
        return new RestoreCommandCheck(command, directory, environment);
    }

    private int runs() throws IOException {
        return Files.readAllLines(directory.resolve("runs")).size();
    }
}
