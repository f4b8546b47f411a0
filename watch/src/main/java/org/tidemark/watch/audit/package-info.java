// SPDX-License-Identifier: Apache-2.0
/** What was done to the content of repositories: by whom, when and why. */
@org.jspecify.annotations.NullMarked
package org.tidemark.watch.audit;
