// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.backup.DrillChain.Link;
import org.tidemark.catalog.backup.DrillChain.Problem;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.layout.DrillKeys;
import org.tidemark.operations.drill.DrillProof.HeldChain;
import org.tidemark.store.ObjectKey;

/** What the chains of several repositories say of the same drills. Pure. */
final class EvidenceComparison {
    private EvidenceComparison() {}

    /**
     * Finds what one repository says, and another one says otherwise: two documents of one drill that differ in more
     * than their places, two of one place in one chain, and a copy of what is gone in the repository where it was
     * stored first, which an expiry never does with the newest.
     *
     * @param ids of the repositories, by their names
     */
    static List<HeldChain> compared(List<HeldChain> chains, Map<String, String> ids) {
        Map<ObjectKey, Link.Intact> byPlace = new HashMap<>();
        Map<String, DrillEvidence> first = new HashMap<>();
        Map<String, String> places = new HashMap<>();
        List<HeldChain> compared = new ArrayList<>();
        for (HeldChain each : chains) {
            List<Problem> problems = new ArrayList<>(each.problems());
            for (Link link : each.chain().links()) {
                if (link instanceof Link.Intact intact) {
                    DrillEvidence evidence = intact.evidence().alone();
                    String place =
                            "'" + each.chain().keys().evidence(link.number()) + "' in '" + each.repository() + "'";
                    DrillEvidence other = first.putIfAbsent(evidence.id(), evidence);
                    String where = places.putIfAbsent(evidence.id(), place);
                    if (other != null && !other.equals(evidence)) {
                        problems.add(new Problem(
                                each.chain().keys().evidence(link.number()),
                                "is of the same drill as " + where + ", and says something else: one of the two was"
                                        + " changed"));
                    }
                    Link.Intact copy = byPlace.putIfAbsent(each.chain().keys().evidence(link.number()), intact);
                    if (copy != null && !copy.evidence().id().equals(evidence.id())) {
                        problems.add(new Problem(
                                each.chain().keys().evidence(link.number()),
                                "is of another drill than its copy in another repository: one of the two was changed"));
                    }
                }
            }
            cutOff(each, chains, ids).ifPresent(problems::add);
            compared.add(new HeldChain(each.repository(), each.chain(), each.signatures(), problems));
        }
        return compared;
    }

    /** An original that ends before a copy of it does, or a copy whose original is gone. */
    private static Optional<Problem> cutOff(HeldChain chain, List<HeldChain> chains, Map<String, String> ids) {
        DrillKeys keys = chain.chain().keys();
        String first = keys.repository().toString();
        int last = chain.chain().last();
        List<HeldChain> same =
                chains.stream().filter(each -> each.chain().keys().equals(keys)).toList();
        if (first.equals(ids.get(chain.repository()))) {
            return same.stream()
                    .filter(each -> each.chain().last() > last)
                    .findFirst()
                    .map(copy -> new Problem(
                            keys.evidence(last + 1),
                            "is gone, and '" + copy.repository() + "' has a copy of it: the end was cut off"));
        }
        boolean hasOriginal = same.stream().anyMatch(each -> first.equals(ids.get(each.repository())));
        return ids.containsValue(first) && !hasOriginal
                ? Optional.of(new Problem(
                        keys.evidence(last),
                        "is a copy of evidence that is gone in the repository where it was stored"))
                : Optional.empty();
    }
}
