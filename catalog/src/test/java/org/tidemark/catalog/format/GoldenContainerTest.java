// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.catalog.Samples;
import org.tidemark.core.JsonObject;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;

/** What was stored by format version 1 is read forever; see the README beside the files. */
class GoldenContainerTest {
    private static final ObjectKey KEY = new ObjectKey("golden");
    private static final String NAME = "00000001000000A900000065.00000028.backup";

    @ParameterizedTest
    @ValueSource(strings = {"zstd", "lz4", "gzip", "none"})
    void anObjectOfEveryCodecIsStillRead(String codec) throws IOException {
        MemoryStore store = new MemoryStore(Samples.CLOCK);
        store.putIfAbsent(KEY, ObjectSource.of(resource("object." + codec)));

        try (DecodedObject object =
                ObjectDecoder.open(store, PrivateKeys.NONE, KEY, ContainerKind.WAL, NAME, Samples.SYSTEM)) {
            assertThat(object.readAllBytes()).isEqualTo(resource("plain"));
            assertThat(object.header().codec()).isEqualTo(codec);
        }
    }

    @Test
    void theBytesOfAnUncompressedObjectAreStillTheSame() throws IOException {
        try (EncodedObject encoded = ObjectEncoder.encode(
                        ContainerKind.WAL,
                        NAME,
                        Samples.SYSTEM,
                        Encoding.of(Codec.parse("none")),
                        ObjectSource.of(resource("plain")),
                        Path.of("nowhere"));
                InputStream in = encoded.source().open()) {
            assertThat(in.readAllBytes()).isEqualTo(resource("object.none"));
        }
    }

    @Test
    void aDocumentIsStillReadAndItsBytesAreStillTheSame() throws IOException {
        JsonObject members = ChecksummedJson.read(resource("document.json"), KEY);
        String id = members.text("repositoryId");
        String created = members.text("created");

        Map<String, String> written = new LinkedHashMap<>();
        written.put("repositoryId", id);
        written.put("created", created);
        assertThat(ChecksummedJson.write(written)).isEqualTo(resource("document.json"));
        assertThat(created).isEqualTo("2026-11-20T06:30:11Z");
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = GoldenContainerTest.class.getResourceAsStream("/container/" + name)) {
            if (in == null) {
                throw new IllegalStateException("there is no resource '" + name + "'");
            }
            return in.readAllBytes();
        }
    }
}
