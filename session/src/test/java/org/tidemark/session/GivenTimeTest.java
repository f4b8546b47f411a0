// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GivenTimeTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    @ParameterizedTest
    @CsvSource({
        "2026-11-20 06:30:00.5+01, 2026-11-20T05:30:00.500Z",
        "2026-11-20T06:30Z, 2026-11-20T06:30:00Z",
        "2026-11-20 06:30:00 UTC, 2026-11-20T06:30:00Z",
        "2026-11-20 06:30:00.123 GMT, 2026-11-20T06:30:00.123Z",
        "2026-11-20 06:30:00 CET, 2026-11-20T05:30:00Z",
        "2026-07-20 06:30:00 CEST, 2026-07-20T04:30:00Z",
        // The hour that there is twice: the abbreviation says which.
        "2026-10-25 02:30:00 CEST, 2026-10-25T00:30:00Z",
        "2026-10-25 02:30:00 CET, 2026-10-25T01:30:00Z",
    })
    void whatPostgresqlPrintsIsATime(String text, String expected) {
        assertThat(GivenTime.parse(text, BERLIN)).hasToString(expected);
    }

    /** It is a zone of America, and one of Australia. */
    @ParameterizedTest
    @ValueSource(strings = {"2026-11-20 06:30:00 EST", "2026-07-20 06:30:00 CET"})
    void anAbbreviationOfAnotherZoneIsRefused(String text) {
        assertThatThrownBy(() -> GivenTime.parse(text, BERLIN))
                .hasMessageContaining("is not the zone of this host at this time, Europe/Berlin");
    }

    @Test
    void aTimeWithoutAZoneIsRefusedWithBothReadings() {
        assertThatThrownBy(() -> GivenTime.parse("2026-11-20 06:30:00", BERLIN))
                .hasMessageContaining("has no time zone")
                .hasMessageContaining("2026-11-20 05:30:00Z in this host's zone");
        assertThatThrownBy(() -> GivenTime.parse("yesterday", BERLIN)).hasMessage("'yesterday' is not a time");
    }
}
