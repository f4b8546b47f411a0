// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.time.Instant;
import java.util.List;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.session.reading.CountedBefore;

/** WAL that was not listed, since this host had counted it, in JSON. */
public record CountedView(String repository, SystemIdentifier systemIdentifier, Instant at) {
    public static List<CountedView> of(List<CountedBefore> counted) {
        return Json.list(
                counted,
                each -> new CountedView(each.repository(), each.identity().system(), each.at()));
    }
}
