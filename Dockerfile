# NOT BUILT: written where no container engine was at hand. Its steps are those of README.md, which were run.
#
#   docker build -t cinetraj .                                                    CPU only
#   docker build -t cinetraj:cuda --build-arg TORCH_INDEX=https://download.pytorch.org/whl/CUDA_TAG .
#   docker run --rm -v "$PWD:/work" cinetraj estimate videos/ --out runs/ --jobs 4
#   docker run --rm --gpus all -v "$PWD:/work" cinetraj:cuda estimate clip.mp4 --out runs/ --device cuda
#
# CUDA_TAG is the one that pytorch.org names for your driver; the wheels bring CUDA along, the host the driver.
FROM python:3.11-slim

ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ARG EXTRAS=report,depth,ray,s3

WORKDIR /opt/cinetraj
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY trajectory trajectory
COPY sfm sfm
COPY compare compare
RUN version=$(sed -n 's/^torch==//p' constraints.txt) \
    && pip install --no-cache-dir "torch==$version" --index-url "$TORCH_INDEX" \
    && pip install --no-cache-dir -c constraints.txt ".[$EXTRAS]" \
    && rm -rf /opt/cinetraj

# Machine code of the inner loops is made once, here, and not by every container anew.
ENV NUMBA_CACHE_DIR=/var/cache/cinetraj
RUN mkdir -p -m 1777 "$NUMBA_CACHE_DIR" && cinetraj demo --out /tmp/demo && rm -rf /tmp/demo \
    && chmod -R a+rwX "$NUMBA_CACHE_DIR" && cinetraj doctor

WORKDIR /work
ENTRYPOINT ["cinetraj"]
CMD ["--help"]
