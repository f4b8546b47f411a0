// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server as a process of its own. */
class GcsMainTest {
    @Test
    void theProcessPrintsItsPortAndEndsWithItsInputAndLeavesNothing(@TempDir Path directory) throws Exception {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Djava.io.tmpdir=" + directory,
                        "-cp",
                        System.getProperty("java.class.path"),
                        GcsMain.class.getName(),
                        "--bucket=box",
                        "--token=t=ok=OBJECT_USER")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (HttpClient http = HttpClient.newHttpClient();
                BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            String line = String.valueOf(out.readLine());

            assertThat(line).matches("port [0-9]+");
            HttpRequest list = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + line.substring("port ".length()) + GcsCalls.O))
                    .header("Authorization", "Bearer t=ok")
                    .build();
            assertThat(http.send(list, HttpResponse.BodyHandlers.ofString()).body())
                    .isEqualTo("{\"kind\":\"storage#objects\"}");

            assertThat(directory).isNotEmptyDirectory();
            process.getOutputStream().close();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(directory).isEmptyDirectory();
        } finally {
            process.destroyForcibly();
        }
    }
}
