// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.resident;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownCallTest {
    @TempDir
    private Path directory;

    @Test
    void isReadAsItWasWritten() throws Exception {
        Path file = directory.resolve("4711.1700000000.call");
        KnownCall call = KnownCall.of(
                "boot 12 0  /data", List.of("--config=/a b=c", "--cluster=main"), Map.of("AWS_SECRET", "secret"));

        call.write(file);

        assertThat(KnownCall.read(file)).contains(call);
        assertThat(Files.readString(file)).doesNotContain("secret");
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void whatIsNotWholeIsNotRead() throws Exception {
        Path file = directory.resolve("call");
        for (String text : List.of("", "line", "line\nx\n", "line\n2\n--cluster=main\n", "line\n0\nnothing\n")) {
            Files.writeString(file, text);
            assertThat(KnownCall.read(file)).as(text).isEmpty();
        }
        assertThat(KnownCall.read(directory.resolve("none"))).isEmpty();
    }

    @Test
    void whatDoesNotFitIntoLinesIsNotWritten() throws Exception {
        Path file = directory.resolve("call");

        KnownCall.of("line", List.of("--config=/a\nb"), Map.of()).write(file);

        assertThat(file).doesNotExist();
    }

    @Test
    void namesTheVariablesThatDecideAndDiffer() {
        KnownCall call = KnownCall.of(
                "line",
                List.of(),
                Map.of(
                        "TIDEMARK_CONFIG", "/a",
                        "TIDEMARK_HOST_SPOOL", "/spool",
                        "AWS_REGION", "here",
                        "TIDEMARK_PARENT", "4711",
                        "PGDATA", "/data"));

        assertThat(call.differences(Map.of(
                        "TIDEMARK_CONFIG", "/b",
                        "TIDEMARK_HOST_SPOOL", "/spool",
                        "OS_AUTH_URL", "http://there",
                        "TIDEMARK_PARENT", "1",
                        "LANG", "C")))
                .containsExactlyInAnyOrder("TIDEMARK_CONFIG", "AWS_REGION", "OS_AUTH_URL");
        assertThat(call.differences(
                        Map.of("TIDEMARK_CONFIG", "/a", "TIDEMARK_HOST_SPOOL", "/spool", "AWS_REGION", "here")))
                .isEmpty();
    }
}
