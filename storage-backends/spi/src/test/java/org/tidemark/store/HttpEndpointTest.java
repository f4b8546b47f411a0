// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HttpEndpointTest {
    @ParameterizedTest
    @CsvSource({
        "https://s3.example.org, https://s3.example.org",
        "https://s3.example.org/, https://s3.example.org",
        "http://127.0.0.1:9000//, http://127.0.0.1:9000",
        "http://[::1]:9000, http://[::1]:9000",
        "https://cloud.example.org:5000/v3/, https://cloud.example.org:5000/v3"
    })
    void anAddressIsReadWithoutSlashesAtItsEnd(String text, String expected) {
        assertThat(HttpEndpoint.parse(text)).contains(URI.create(expected));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "s3.example.org",
                "s3.example.org:9000",
                "http:s3.example.org",
                "http://",
                "http:///path",
                "ftp://s3.example.org",
                "https://user:secret@s3.example.org",
                "https://s3.example.org?sig=secret",
                "https://s3.example.org#part",
                "https://s3.exam ple.org"
            })
    void anythingElseIsNoAddress(String text) {
        assertThat(HttpEndpoint.parse(text)).isEmpty();
        assertThat(HttpEndpoint.parseServer(text)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "http://s3.example.org, true",
        "http://10.0.0.1:9000, true",
        "http://127.0.0.1.example.org, true",
        "https://s3.example.org, false",
        "http://localhost:9000, false",
        "http://127.0.0.1, false",
        "http://[::1]:9000, false"
    })
    void onlyPlainHttpToAnotherHostIsReadableByOthers(String text, boolean readable) {
        assertThat(HttpEndpoint.isReadableByOthers(URI.create(text))).isEqualTo(readable);
    }

    @ParameterizedTest
    @CsvSource({"https://cloud.example.org/v3, false", "https://cloud.example.org:5000/, true"})
    void aServerHasNoPath(String text, boolean server) {
        assertThat(HttpEndpoint.parseServer(text).isPresent()).isEqualTo(server);
    }
}
