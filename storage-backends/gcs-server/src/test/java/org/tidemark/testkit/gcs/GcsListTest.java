// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.gcs.GcsCalls.Answer;

/**
 * Lists.
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/objects/list">Objects: list</a>
 */
class GcsListTest extends GcsServerTest {
    // Beyond the Basic Multilingual Plane UTF-8 and UTF-16 order names differently.
    private static final String PRIVATE = "\uE000";
    private static final String EMOJI = "\uD83D\uDE00";

    @BeforeEach
    void makeObjects() {
        for (String name : List.of("a", "d/1", "d/2", "d/", "d/e/3", "dz", "z", EMOJI, PRIVATE)) {
            gcs.put(name, "x");
        }
    }

    // Ordering of list results: by name, lexicographically, by UTF-8.
    @Test
    void allAreListedInTheOrderOfUtf8() {
        assertThat(names("")).containsExactly("a", "d/", "d/1", "d/2", "d/e/3", "dz", "z", PRIVATE, EMOJI);
        assertThat(gcs.get(GcsCalls.O).text("kind")).isEqualTo("storage#objects");
        assertThat(gcs.get(GcsCalls.O).json())
                .satisfies(json -> assertThat(json.has("nextPageToken")).isFalse());
    }

    // prefix, startOffset (inclusive).
    @Test
    void prefixAndOffsetNarrowTheList() {
        assertThat(names("?prefix=d%2F")).containsExactly("d/", "d/1", "d/2", "d/e/3");
        assertThat(names("?startOffset=d%2Fe")).containsExactly("d/e/3", "dz", "z", PRIVATE, EMOJI);
        assertThat(names("?prefix=d%2F&startOffset=d%2F2")).containsExactly("d/2", "d/e/3");
        assertThat(names("?prefix=nothing")).isEmpty();
    }

    // maxResults; pageToken.
    @Test
    void pagesTogetherAreTheWholeList() {
        for (int size = 1; size <= 10; size++) {
            List<String> all = new ArrayList<>();
            String token = "";
            do {
                Answer page = gcs.get(GcsCalls.O + "?maxResults=" + size + token);
                assertThat(names(page)).hasSizeBetween(1, size);
                all.addAll(names(page));
                token = page.json()
                        .optionalText("nextPageToken")
                        .map(next -> "&pageToken=" + next)
                        .orElse("");
            } while (!token.isEmpty());

            assertThat(all).containsExactly("a", "d/", "d/1", "d/2", "d/e/3", "dz", "z", PRIVATE, EMOJI);
        }
    }

    // Status codes, "invalid" and "notFound".
    @Test
    void parametersThatAreWrongAreRefused() {
        assertThat(gcs.get(GcsCalls.O + "?maxResults=many").reason()).isEqualTo("invalid");
        assertThat(gcs.get(GcsCalls.O + "?pageToken=*").reason()).isEqualTo("invalid");
        assertThat(gcs.get("/storage/v1/b/none/o").reason()).isEqualTo("notFound");
    }

    private List<String> names(String query) {
        return names(gcs.get(GcsCalls.O + query));
    }

    private static List<String> names(Answer page) {
        return page.json().has("items") ? page.json().list("items", item -> item.text("name")) : List.of();
    }
}
