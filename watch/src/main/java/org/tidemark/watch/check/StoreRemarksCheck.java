// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.util.List;
import org.tidemark.core.Finding;

/** What the store itself says about its rules: lifecycle, locks, versions. */
final class StoreRemarksCheck implements Check<CheckedRepository> {
    @Override
    public Subject subject() {
        return Subject.STORE;
    }

    @Override
    public List<Finding> look(CheckedRepository at) {
        return at.repository().store().remarks().stream()
                .map(remark -> finding(at.name(), remark).of(at.name()))
                .toList();
    }

    private Finding finding(String name, Finding remark) {
        String message = "'" + name + "', " + remark.subject() + ": " + remark.message();
        return switch (remark.severity()) {
            case OK -> subject().ok(message);
            case WARNING -> subject().warning(message, remark.hint());
            case CRITICAL -> subject().critical(message, remark.hint());
        };
    }
}
