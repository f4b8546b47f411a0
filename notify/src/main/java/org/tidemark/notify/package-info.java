// SPDX-License-Identifier: Apache-2.0
/**
 * What has changed since the last look, and who is told of it. It knows findings, and neither where they come from nor
 * a repository.
 */
@NullMarked
package org.tidemark.notify;

import org.jspecify.annotations.NullMarked;
